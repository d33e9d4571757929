//! The headers of an answer that applications ask for.

use std::borrow::Cow;
use std::ffi::CStr;

/// Their names.
const KEPT: [&str; 4] = ["content-type", "content-disposition", "location", "etag"];

/// Their values, as C reads them. Each by the place of its name.
#[derive(Clone, Default)]
pub struct Headers([Option<Cow<'static, CStr>>; KEPT.len()]);

impl Headers {
    /// Keeps a header of [`KEPT`], if its value is UTF-8.
    pub fn set(&mut self, name: &str, value: &[u8]) {
        let Some(at) = place_of(name) else { return };
        self.0[at] = match value {
            // Of nearly every answer.
            b"application/json" => Some(Cow::Borrowed(c"application/json")),
            _ => text(value).map(Cow::Owned),
        };
    }

    /// `None` if it was not sent, is not kept, or is not UTF-8. The name may be in any case.
    pub fn get(&self, name: &str) -> Option<&CStr> {
        self.0[place_of(name)?].as_deref()
    }

    /// Where a redirect leads.
    pub fn location(&self) -> Option<&str> {
        self.get("location")?.to_str().ok()
    }
}

fn place_of(name: &str) -> Option<usize> {
    KEPT.iter().position(|kept| kept.len() == name.len() && kept.eq_ignore_ascii_case(name))
}

fn text(value: &[u8]) -> Option<std::ffi::CString> {
    std::str::from_utf8(value).ok().and_then(|text| std::ffi::CString::new(text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_header_is_found_in_any_case_and_others_are_not() {
        let mut headers = Headers::default();
        headers.set("etag", b"\"one\"");
        headers.set("etag", b"\"two\"");
        headers.set("server", b"x");
        headers.set("content-type", b"application/json");
        headers.set("content-disposition", b"attachment; filename=\xff");
        assert_eq!(headers.get("ETag"), Some(c"\"two\""));
        assert_eq!(headers.get("Content-Type"), Some(c"application/json"));
        assert_eq!(headers.get("server"), None);
        assert_eq!(headers.get("content-disposition"), None);
        assert_eq!(headers.location(), None);
    }
}
