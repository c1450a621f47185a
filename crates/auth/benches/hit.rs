//! What a cached token costs, which every request pays, beside other ways of sharing a token in the same run.
//!
//! `cargo bench -p altinn-auth --bench hit`. Each way does as much as is needed to be right: it finds the token, judges its
//! age by two clocks, and hands out a counted reference. It fails when a hit allocates, or costs one thread more than
//! [`DEAREST`] times what `std`'s `RwLock` does, or more than [`LONGEST`] nanoseconds, which on a slow
//! machine means nothing.

use std::hint::black_box;
use std::sync::{Arc, Barrier, Mutex, RwLock};
use std::time::{Duration, Instant, SystemTime};

use altinn_auth::{AltinnToken, Credentials, Error, TokenProvider, TokenRequest};
use altinn_core::{Environment, Read};
use futures::FutureExt;

type Failure = Box<dyn std::error::Error>;

const LIFETIME: Duration = Duration::from_secs(1800);
const ROUNDS: usize = 15;
const HITS: u32 = 200_000;
const DEAREST: f64 = 1.5;
const LONGEST: f64 = 100.0;

#[derive(Debug)]
struct Once;

impl TokenProvider for Once {
    async fn fetch(&self, _request: &TokenRequest) -> Result<AltinnToken, Error> {
        AltinnToken::with_lifetime("x".repeat(1200), LIFETIME)
    }
}

/// As much of a token as the alternatives need.
struct Token {
    _text: String,
    made: (Instant, SystemTime),
}

impl Token {
    fn shared() -> Option<Arc<Self>> {
        Some(Arc::new(Self { _text: "x".repeat(1200), made: (Instant::now(), SystemTime::now()) }))
    }

    fn is_good(&self) -> bool {
        let (steady, wall) = self.made;
        steady.elapsed().max(wall.elapsed().unwrap_or_default()) < LIFETIME
    }
}

/// Judged when no lock is held any more.
fn good(token: Option<Arc<Token>>) -> bool {
    token.is_some_and(|token| black_box(token).is_good())
}

/// Tries until nothing has to be waited for.
fn at_once<T>(hit: impl AsyncFn() -> T) -> T {
    loop {
        if let Some(found) = hit().now_or_never() {
            return found;
        }
    }
}

/// How long a hit takes, in nanoseconds, while so many threads do nothing else.
fn measure(threads: usize, hit: &(dyn Fn() -> bool + Sync)) -> Result<f64, Failure> {
    let start = Barrier::new(threads);
    let times = std::thread::scope(|scope| {
        let run = || {
            start.wait();
            let begun = Instant::now();
            let hits = (0..HITS).filter(|_| hit()).count();
            (hits, begun.elapsed())
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        running.into_iter().map(|thread| thread.join().map_err(|_| "a thread failed")).collect::<Result<Vec<_>, _>>()
    })?;
    if times.iter().any(|(hits, _)| *hits != HITS as usize) {
        return Err("a hit had no token".into());
    }
    let longest = times.iter().map(|(_, took)| *took).max().unwrap_or_default();
    Ok(longest.as_secs_f64() * 1e9 / f64::from(HITS))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn main() -> Result<(), Failure> {
    let credentials = Credentials::<Read>::from_provider(Environment::local(), Once);
    credentials.token().now_or_never();
    let ours = || matches!(black_box(&credentials).token().now_or_never(), Some(Ok(_)));
    let allocations = allocation_counter::measure(|| {
        for _ in 0..1000 {
            assert!(ours());
        }
    });
    if allocations.count_total != 0 {
        return Err(format!("1000 hits made {} allocations", allocations.count_total).into());
    }
    println!("a hit allocates nothing");

    let std_lock = RwLock::new(Token::shared());
    let std_mutex = Mutex::new(Token::shared());
    let tokio_lock = tokio::sync::RwLock::new(Token::shared());
    let tokio_mutex = tokio::sync::Mutex::new(Token::shared());
    let others: [(&str, &(dyn Fn() -> bool + Sync)); 4] = [
        ("std RwLock", &|| good(black_box(&std_lock).read().ok().and_then(|token| token.clone()))),
        ("std Mutex", &|| good(black_box(&std_mutex).lock().ok().and_then(|token| token.clone()))),
        ("tokio RwLock", &|| good(at_once(async || black_box(&tokio_lock).read().await.clone()))),
        ("tokio Mutex", &|| good(at_once(async || black_box(&tokio_mutex).lock().await.clone()))),
    ];
    for threads in [1, 2] {
        let mut mine = Vec::new();
        let mut ratios = [const { Vec::new() }; 4];
        // In turn, so that a machine that changes its speed changes it for all.
        for _ in 0..ROUNDS {
            let own = measure(threads, &ours)?;
            mine.push(own);
            for ((_, hit), ratios) in others.iter().zip(&mut ratios) {
                ratios.push(own / measure(threads, hit)?);
            }
        }
        let ratios = ratios.map(median);
        let shown: Vec<_> = others.iter().zip(ratios).map(|((name, _), ratio)| format!("{name} {ratio:.2}")).collect();
        let words = if threads == 1 { "one thread".to_owned() } else { format!("{threads} threads at once") };
        let hit = median(mine);
        println!("{words}: {hit:.0} ns a hit; ratio of times to {}", shown.join(", "));
        if threads == 1 && ratios[0] > DEAREST {
            return Err(format!("a hit costs more than {DEAREST} times a std RwLock's").into());
        }
        if threads == 1 && hit > LONGEST {
            return Err(format!("a hit takes more than {LONGEST} ns").into());
        }
    }
    Ok(())
}
