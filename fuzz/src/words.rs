//! What messages must never say, and how they must look.

/// Stands in every secret of the targets, and in nothing that the library says by itself.
pub const CANARY: &str = "c4n4ry";

/// A message is one line, and shows no secret.
pub fn check_message(message: &str, may_show_the_canary: bool) {
    let control = message.chars().find(|c| c.is_control());
    assert_eq!(control, None, "a message is one line: {message:?}");
    if !may_show_the_canary {
        assert!(!message.contains(CANARY), "a message shows a secret: {message:?}");
    }
}
