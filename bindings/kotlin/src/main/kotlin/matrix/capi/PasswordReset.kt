// The whole way from "forgot password" to a new one, as one object.
package matrix.capi

import com.sun.jna.Pointer
import com.sun.jna.ptr.PointerByReference
import kotlinx.serialization.json.JsonObject
import kotlin.time.Duration

/**
 * A password reset: [send], the person confirms the mail (or [submitToken] where they type a token), [finish]. One step
 * runs at a time; a second one is [MatrixException.Misuse].
 *
 * Between steps it can be saved, and restored in another process. It holds a secret, and so does its saved form: with it
 * and a confirmed mail, anyone can take the account.
 */
public class PasswordReset private constructor(
    private val client: MatrixClient,
    create: (client: Pointer, out: PointerByReference, error: PointerByReference) -> Int,
) : AutoCloseable {
    private val handle: Handle =
        client.handle.use {
            val out = PointerByReference()
            val error = PointerByReference()
            checkMade(create(it, out, error), error.value)
            Handle("password reset", out.value, Mx::mx_password_reset_free)
        }

    /**
     * Makes a reset. Nothing is sent.
     *
     * @param email the address of the account
     * @param nextLink where the person is led after confirming
     */
    @JvmOverloads
    public constructor(client: MatrixClient, email: String, nextLink: String? = null) : this(
        client,
        { native, out, _ ->
            Mx.mx_password_reset_new(native, cString("email", email), nextLink?.let { cString("nextLink", it) }, out)
        },
    )

    /** What must happen next. */
    public val stage: ResetStage
        get() = ResetStage.of(handle.use(Mx::mx_password_reset_stage))

    /** Java's form of the steps. */
    public fun futures(): PasswordResetFutures = PasswordResetFutures(this)

    /**
     * Asks for the mail; once more for another one. That it returns says nothing of whether the address has an account.
     *
     * @throws MatrixException.WebRequired this server's accounts live on a web page
     * @throws MatrixException.Matrix expect M_THREEPID_NOT_FOUND and M_LIMIT_EXCEEDED
     */
    public suspend fun send(): JsonObject = step { reset, userData, op -> Mx.mx_password_reset_send(reset, null, userData, op) }

    /** Hands in the token of the mail, at [ResetStage.AWAITS_TOKEN]. */
    public suspend fun submitToken(token: String): JsonObject {
        val text = cString("token", token)
        return step { reset, userData, op -> Mx.mx_password_reset_submit_token(reset, text, null, userData, op) }
    }

    /**
     * Changes the password, if the mail has been confirmed.
     *
     * @param logoutDevices whether all sessions of the account are ended; there is no default: ask the person
     * @param wait how long to poll for the confirmation
     * @throws MatrixException.Pending not confirmed yet: call it again when the person says so
     * @throws MatrixException.Matrix M_WEAK_PASSWORD or M_PASSWORD_...: call it again with a better password
     * @throws MatrixException.UnknownOutcome the answer was lost, and the password may have been changed
     */
    public suspend fun finish(newPassword: String, logoutDevices: Boolean, wait: Duration = Duration.ZERO): JsonObject {
        val password = cString("newPassword", newPassword)
        val logout = cBool(logoutDevices)
        val waitMs = wait.inWholeMilliseconds
        return step { reset, userData, op ->
            Mx.mx_password_reset_finish(reset, password, logout, waitMs, null, userData, op)
        }
    }

    /** JSON for [restore] of this or a later version. It holds a secret. */
    public fun save(): String {
        val out = PointerByReference()
        handle.use { checkAccepted(Mx.mx_password_reset_save(it, out)) }
        return checkNotNull(Outcome.take(out.value).text()) { "a saved reset without JSON" }
    }

    /** A step that is running goes on; cancel its coroutine if it must not. */
    override fun close() {
        handle.close()
    }

    private suspend fun step(submit: (reset: Pointer, userData: Pointer, op: LongArray) -> Int): JsonObject =
        client.delivery
            .run(Call(), client::cancel) { userData, op -> handle.use { submit(it, userData, op) } }
            .answer()

    public companion object {
        /** Restores what [save] gave, with a client of the same homeserver. */
        @JvmStatic
        public fun restore(client: MatrixClient, saved: String): PasswordReset =
            PasswordReset(client) { native, out, error ->
                Mx.mx_password_reset_restore(native, cString("saved", saved), out, error)
            }
    }
}
