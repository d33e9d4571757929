package readme

import matrix.capi.MatrixClient
import matrix.capi.MatrixException
import matrix.capi.PasswordReset
import matrix.capi.ResetStage
import kotlin.time.Duration.Companion.minutes

/** [ask] shows a text and gives back what the person enters; [keep] puts a secret where the app keeps passwords. */
suspend fun resetPassword(client: MatrixClient, email: String, keep: (String) -> Unit, ask: suspend (String) -> String) {
    PasswordReset(client, email).use { reset ->
        reset.send()
        keep(reset.save()) // the app may end while the person reads the mail: PasswordReset.restore goes on from here
        if (reset.stage == ResetStage.AWAITS_TOKEN) {
            reset.submitToken(ask("Type the code in the mail."))
        } else {
            ask("Follow the link in the mail, and confirm there.")
        }
        val logoutDevices = ask("End all sessions of the account? yes or no") == "yes"
        while (reset.stage != ResetStage.DONE) {
            try {
                reset.finish(ask("Choose a new password."), logoutDevices, wait = 1.minutes)
            } catch (_: MatrixException.Pending) {
                ask("You have not confirmed yet. Follow the link in the mail, and confirm there.")
            } catch (_: MatrixException.UnknownOutcome) {
                ask("The password may have been changed. Try to log in with the new one.")
                return
            } catch (failure: MatrixException.Matrix) {
                val weak = failure.errcode.orEmpty().let { it == "M_WEAK_PASSWORD" || it.startsWith("M_PASSWORD_") }
                if (!weak) throw failure
                ask("The server wants a better password.")
            }
        }
    }
}
