//! The grammar and the value of numbers.

/// Where the number that begins at `start` ends; where it goes wrong, if it is none.
pub fn end(text: &[u8], start: usize) -> Result<usize, usize> {
    let byte = |at: usize| text.get(at).copied().unwrap_or(0);
    let digits = |mut at: usize| {
        while byte(at).is_ascii_digit() {
            at += 1;
        }
        at
    };
    let some_digits = |at| Some(digits(at)).filter(|end| *end > at).ok_or(at);
    let mut at = start + usize::from(byte(start) == b'-');
    at = if byte(at) == b'0' { at + 1 } else { some_digits(at)? };
    if byte(at) == b'.' {
        at = some_digits(at + 1)?;
    }
    if matches!(byte(at), b'e' | b'E') {
        at += 1;
        at = some_digits(at + usize::from(matches!(byte(at), b'+' | b'-')))?;
    }
    Ok(at)
}

/// Whether a number is written as an integer. "-0" is none: as an integer it would lose its sign.
pub fn is_integer(number: &str) -> bool {
    number != "-0" && !number.contains(['.', 'e', 'E'])
}

/// The integer that a number is; `None` if it is none or does not fit.
pub fn as_i64(number: &str) -> Option<i64> {
    if is_integer(number) { number.parse().ok() } else { None }
}

/// The double that is nearest to a number; `None` beyond what a double can hold.
pub fn as_f64(number: &str) -> Option<f64> {
    number.parse().ok().filter(|value: &f64| value.is_finite())
}
