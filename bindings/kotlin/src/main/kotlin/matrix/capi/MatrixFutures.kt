// The same operations for Java, as CompletableFuture.
package matrix.capi

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.GlobalScope
import kotlinx.coroutines.future.future
import kotlinx.serialization.json.JsonObject
import java.util.concurrent.CompletableFuture
import kotlin.time.Duration.Companion.milliseconds

/**
 * A [MatrixClient] for Java: [MatrixClient.futures]. A future ends with the answer or with a [MatrixException];
 * cancelling it cancels the request. What depends on it runs on the threads that coroutines keep for work that blocks.
 */
public class MatrixFutures internal constructor(private val client: MatrixClient) : FutureOperations() {
    override fun call(operationId: String, params: Map<String, Any?>): CompletableFuture<JsonObject> =
        future { client.call(operationId, params) }

    /** See [MatrixClient.send]. */
    public fun send(request: MatrixRequest): CompletableFuture<MatrixResult> = future { client.send(request) }

    /** See [MatrixClient.discover]. */
    public fun discover(server: String): CompletableFuture<Discovery> = future { client.discover(server) }

    /** See [MatrixClient.submitToken]. */
    public fun submitToken(
        submitUrl: String,
        sid: String,
        clientSecret: String,
        token: String,
    ): CompletableFuture<JsonObject> = future { client.submitToken(submitUrl, sid, clientSecret, token) }
}

/** The steps of a [PasswordReset] for Java: [PasswordReset.futures]. */
public class PasswordResetFutures internal constructor(private val reset: PasswordReset) {
    /** See [PasswordReset.send]. */
    public fun send(): CompletableFuture<JsonObject> = future { reset.send() }

    /** See [PasswordReset.submitToken]. */
    public fun submitToken(token: String): CompletableFuture<JsonObject> = future { reset.submitToken(token) }

    /** See [PasswordReset.finish]; [waitMillis] is how long to poll for the confirmation. */
    @JvmOverloads
    public fun finish(
        newPassword: String,
        logoutDevices: Boolean,
        waitMillis: Long = 0,
    ): CompletableFuture<JsonObject> =
        future { reset.finish(newPassword, logoutDevices, waitMillis.milliseconds) }
}

/** Not on the default pool, which is small: what depends on a future may block, and would keep the others from ending. */
@OptIn(DelicateCoroutinesApi::class)
private fun <T> future(block: suspend CoroutineScope.() -> T): CompletableFuture<T> =
    GlobalScope.future(Dispatchers.IO, CoroutineStart.UNDISPATCHED, block)
