//! How much memory a JSON text takes once it is read: a hostile answer is small as text, and vast
//! as values.

/// What every text up to 16 MiB may take; longer ones may take as many times their length.
const MOST: usize = 256 * 1024 * 1024;
const TIMES: usize = 16;
/// No text so short can be that heavy.
const SHORT: usize = 1024 * 1024;

/// Whether a text, which need not be JSON, would take more memory than any answer of the API.
pub fn is_too_heavy(text: &[u8]) -> bool {
    text.len() > SHORT && weight(text) > MOST.max(TIMES * text.len())
}

/// In bytes, rather too many than too few: what is inside of strings is counted, too.
fn weight(text: &[u8]) -> usize {
    let of = |byte: &u8| match byte {
        // A map's first node has room for eleven members.
        b'{' => 656,
        // A list's first room is for four values.
        b'[' => 144,
        // A value in a list that doubles its room; a member of a map.
        b',' => 64,
        // Each string is an allocation of its own.
        b'"' => 16,
        _ => 1,
    };
    text.iter().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1024 * 1024;

    fn list_of(item: &str, size: usize) -> Vec<u8> {
        format!("[{}0]", format!("{item},").repeat(size / (item.len() + 1))).into_bytes()
    }

    #[test]
    fn many_small_values_are_too_heavy() {
        for item in [r#"{"":0}"#, "[]", "0"] {
            assert!(is_too_heavy(&list_of(item, 16 * MIB)), "{item}");
        }
    }

    #[test]
    fn what_a_homeserver_sends_is_not() {
        let event = r#"{"type":"m.room.member","sender":"@alice:example.org","state_key":"@alice:example.org","content":{"membership":"join","displayname":"Alice","avatar_url":"mxc://example.org/AAAAAAAAAAAAAAAAAAAA"},"origin_server_ts":1700000000000,"unsigned":{"age":100},"event_id":"$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","room_id":"!AAAAAAAAAAAAAAAAAA:example.org"}"#;
        for size in [16 * MIB, 20 * MIB] {
            assert!(!is_too_heavy(&list_of(event, size)), "{size}");
        }
        let text = format!("[\"{}\"]", "Well, well, well. ".repeat(MIB));
        assert!(!is_too_heavy(text.as_bytes()));
    }

    #[test]
    fn a_short_text_cannot_be_too_heavy() {
        assert!(weight(&list_of("{}", SHORT)) < MOST);
    }
}
