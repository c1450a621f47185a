//! How fast a real page of 100 instances is read, beside Node's `JSON.parse` on the same bytes in the same run.
//!
//! `cargo bench -p altinn-storage --bench decode`. It fails below twice the rate. Without `node` on the path only our own
//! figure is printed.

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use altinn_core::Error;
use altinn_storage::Page;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/contract/storage/page-of-100.json");
const ROUNDS: usize = 9;
const EACH: Duration = Duration::from_millis(400);

fn ours(text: &str) -> Result<f64, Error> {
    let begun = Instant::now();
    let mut times = 0_u32;
    while begun.elapsed() < EACH {
        let page = Page::from_json(black_box(text.as_bytes()))?;
        assert_eq!(black_box(page).instances.len(), 100);
        times += 1;
    }
    Ok(begun.elapsed().as_secs_f64() / f64::from(times))
}

fn node() -> Option<f64> {
    let script = format!(
        "const t=require('fs').readFileSync({PAGE:?},'utf8');let n=0,b=process.hrtime.bigint(),e;\
         do{{JSON.parse(t);n++;e=Number(process.hrtime.bigint()-b)/1e9}}while(e<{});console.log(e/n)",
        EACH.as_secs_f64()
    );
    let output = Command::new("node").args(["-e", &script]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(PAGE)?;
    ours(&text)?;
    let (mut mine, mut theirs) = (Vec::new(), Vec::new());
    // In turn, so that a machine that changes its speed changes it for both.
    for _ in 0..ROUNDS {
        mine.push(ours(&text)?);
        theirs.extend(node());
    }
    let megabytes = text.len() as f64 / 1e6;
    if let Some(mine) = median(mine) {
        println!("altinn-storage: {:.3} ms a page, {:.0} MB/s", mine * 1e3, megabytes / mine);
        if let Some(theirs) = median(theirs) {
            println!("JSON.parse:     {:.3} ms a page, {:.0} MB/s", theirs * 1e3, megabytes / theirs);
            let ratio = theirs / mine;
            println!("ratio of rates: {ratio:.2}");
            if ratio < 2.0 {
                return Err("a page is read at less than twice the rate of JSON.parse".into());
            }
        }
    }
    Ok(())
}
