package readme

import kotlinx.coroutines.withTimeoutOrNull
import matrix.capi.MatrixException
import matrix.capi.PasswordReset
import kotlin.time.Duration.Companion.seconds

/** Asks for the mail, gives up after five seconds, and says what happened in words for the person. */
suspend fun requestMail(reset: PasswordReset): String {
    val sent = "If the address has an account here, a mail is on its way."
    return try {
        // The time-out cancels the coroutine, and with it the request.
        withTimeoutOrNull(5.seconds) { reset.send() } ?: return "The homeserver is slow. Try again."
        sent
    } catch (failure: MatrixException) {
        when (failure) {
            is MatrixException.WebRequired -> "Reset your password at ${failure.accountManagementUri}."
            is MatrixException.Connect, is MatrixException.Tls -> "There is no secure connection to the homeserver."
            is MatrixException.Matrix ->
                when (failure.errcode) {
                    "M_THREEPID_NOT_FOUND" -> sent
                    "M_LIMIT_EXCEEDED" -> "Too many tries. Wait ${failure.retryAfter ?: 60.seconds}."
                    else -> "The homeserver refuses: ${failure.errcode}, HTTP ${failure.httpStatus}."
                }
            else -> throw failure
        }
    }
}
