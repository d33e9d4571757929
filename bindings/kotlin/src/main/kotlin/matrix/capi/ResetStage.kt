// The stages of a password reset.
// Generated from the library's own tables by bindings/generate; do not edit.
package matrix.capi

/** What must happen next in a [PasswordReset]. */
public enum class ResetStage(private val value: Int) {
    /** No mail has been asked for: [PasswordReset.send]. */
    NEW(0),

    /** The person follows the link in the mail and confirms there; then [PasswordReset.finish]. */
    AWAITS_LINK(1),

    /** The person types the token in the mail: [PasswordReset.submitToken]. */
    AWAITS_TOKEN(2),

    /** The token was accepted: [PasswordReset.finish]. */
    CONFIRMED(3),

    /** The password has been changed: the person can log in. */
    DONE(4),

    ;

    internal companion object {
        fun of(value: Int): ResetStage = entries.first { it.value == value }
    }
}
