use base64::Engine;
use base64::engine::general_purpose::STANDARD_PAD_INDIFFERENT;
use zeroize::Zeroizing;

use super::algorithm::Algorithm;
use super::error::{KeyError, word};
use super::parsed::Parsed;
use super::rsa::{Number, Rsa};

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// Whether this is PEM, perhaps with other text in front, as some tools write it.
pub(super) fn is_pem(text: &str) -> bool {
    text.contains(BEGIN)
}

/// Reads a private key, and the chain of certificates beside it if there is one.
pub(super) fn parse(text: &str) -> Result<Vec<Parsed>, KeyError> {
    let sections = sections(text)?;
    let labelled = |label: &str| sections.iter().filter(|section| section.label == label).count();
    let mut keys = Vec::new();
    let mut certificates = Vec::new();
    for section in &sections {
        match section.label {
            "PRIVATE KEY" | "RSA PRIVATE KEY" => keys.push(Rsa::from_der(&section.der()?)?),
            "CERTIFICATE" => certificates.push(section.der()?.to_vec()),
            "ENCRYPTED PRIVATE KEY" => return Err(KeyError::Encrypted),
            "EC PRIVATE KEY" => return Err(KeyError::NotRsa("EC".to_owned())),
            _ => {}
        }
    }
    let count = keys.len();
    let Some(rsa) = keys.pop().filter(|_| count == 1) else {
        return Err(match sections.first() {
            _ if count > 1 => KeyError::SeveralKeys(count),
            _ if labelled("CERTIFICATE") > 0 => KeyError::CertificateOnly,
            _ if labelled("PUBLIC KEY") + labelled("RSA PUBLIC KEY") > 0 => KeyError::PublicOnly,
            Some(section) => KeyError::PemLabel(word(section.label)),
            None => KeyError::DamagedPem,
        });
    };
    Ok(vec![Parsed::new(rsa, Algorithm::default(), None).certified(certificates)?])
}

struct Section<'a> {
    label: &'a str,
    body: &'a str,
}

/// Finds the sections by their marks alone. Lines are not relied on: variables and YAML often hold such a text with
/// its line breaks spelled out (`\n`), or turned into spaces.
fn sections(mut text: &str) -> Result<Vec<Section<'_>>, KeyError> {
    let mut sections = Vec::new();
    while let Some((_, rest)) = text.split_once(BEGIN) {
        let (label, rest) = rest.split_once(DASHES).ok_or(KeyError::DamagedPem)?;
        let (body, rest) = rest.split_once(END).ok_or(KeyError::DamagedPem)?;
        text = rest.strip_prefix(label).ok_or(KeyError::DamagedPem)?;
        sections.push(Section { label, body });
    }
    Ok(sections)
}

impl Section<'_> {
    fn der(&self) -> Result<Number, KeyError> {
        if self.body.contains("ENCRYPTED") {
            return Err(KeyError::Encrypted);
        }
        let base64 = without_breaks(self.body);
        STANDARD_PAD_INDIFFERENT.decode(base64.as_bytes()).map(Zeroizing::new).map_err(|_| KeyError::DamagedPem)
    }
}

/// Drops line breaks, real ones and spelled-out ones, and other white space.
pub(super) fn without_breaks(text: &str) -> Zeroizing<String> {
    let mut kept = Zeroizing::new(String::with_capacity(text.len()));
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.next_if(|next| matches!(next, 'n' | 'r')).is_some() => {}
            letter if letter.is_whitespace() => {}
            letter => kept.push(letter),
        }
    }
    kept
}
