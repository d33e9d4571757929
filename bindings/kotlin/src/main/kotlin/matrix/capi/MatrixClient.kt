// The way to one homeserver: every operation as a suspending function.
package matrix.capi

import com.sun.jna.Pointer
import com.sun.jna.ptr.PointerByReference
import kotlinx.serialization.json.JsonObject

/**
 * A client of one homeserver, for any number of coroutines and threads at once. An operation returns the server's
 * answer or throws a [MatrixException]; cancelling the coroutine cancels the request.
 *
 * [close] ends the calls that are still running with [MatrixException.Cancelled].
 */
public class MatrixClient private constructor(
    options: ClientOptions,
    create: (options: Pointer, out: PointerByReference, error: PointerByReference) -> Int,
) : Operations(),
    AutoCloseable {
    internal val delivery: Delivery = Delivery.acquire()
    internal val handle: Handle = open(options, create)

    /**
     * Makes a client. Nothing is sent yet.
     *
     * @param homeserverUrl the base URL, such as "https://matrix.example"
     */
    @JvmOverloads
    public constructor(homeserverUrl: String, options: ClientOptions = ClientOptions()) : this(
        options,
        { native, out, error -> Mx.mx_client_new(cString("homeserverUrl", homeserverUrl), native, out, error) },
    )

    /** The same, with options by name: `MatrixClient(url) { timeout = 10.seconds }`. */
    public constructor(homeserverUrl: String, configure: ClientOptions.() -> Unit) : this(
        homeserverUrl,
        ClientOptions().apply(configure),
    )

    /** Java's form of this client. */
    public fun futures(): MatrixFutures = MatrixFutures(this)

    /**
     * Sends a request. What it holds now is sent: it may be changed or sent again at once, and many times at the same time.
     *
     * @throws MatrixException.InvalidArgument it lacks a field; it and the others say how the call ended
     */
    public suspend fun send(request: MatrixRequest): MatrixResult = MatrixResult(send(request, Call()).checkOk())

    override suspend fun call(operationId: String, params: Map<String, Any?>): JsonObject =
        send(MatrixRequest.checkedWhenSent(operationId, params), Call()).answer()

    /** Starts any operation with parameters that are JSON already: one object, sent byte for byte. */
    public suspend fun call(operationId: String, paramsJson: String): JsonObject =
        call(operationId, paramsJson, Call()).answer()

    internal suspend fun send(request: MatrixRequest, call: Call): Outcome =
        run(call) { client, userData, op ->
            request.withNative { Mx.mx_client_send(client, it, null, userData, op) }
        }

    internal suspend fun call(operationId: String, paramsJson: String, call: Call): Outcome {
        val operation = cString("operationId", operationId)
        val params = cString("params", paramsJson)
        return run(call) { client, userData, op -> Mx.mx_call(client, operation, params, null, userData, op) }
    }

    /**
     * Finds a homeserver and how passwords are reset there. This client's own homeserver is not asked.
     *
     * @param server a Matrix ID, a server name or a URL, as a person types it
     */
    public suspend fun discover(server: String): Discovery {
        val text = cString("server", server)
        val outcome = run { client, userData, op -> Mx.mx_discover(client, text, null, userData, op) }
        return Discovery(outcome.answer())
    }

    /** Hands in the token that the person read, where the request for it answered with a "submit_url". */
    public suspend fun submitToken(submitUrl: String, sid: String, clientSecret: String, token: String): JsonObject {
        val strings =
            listOf("submitUrl" to submitUrl, "sid" to sid, "clientSecret" to clientSecret, "token" to token)
                .map { (name, value) -> cString(name, value) }
        return run { client, userData, op ->
            Mx.mx_submit_token(client, strings[0], strings[1], strings[2], strings[3], null, userData, op)
        }.answer()
    }

    /** Changes the access token for the calls that are started from now on; null after logging out. */
    public fun setAccessToken(accessToken: String?) {
        val token = accessToken?.let { cString("accessToken", it) }
        handle.use { checkAccepted(Mx.mx_client_set_access_token(it, token)) }
    }

    override fun close() {
        if (handle.close()) Delivery.release()
    }

    internal fun cancel(op: Long) {
        handle.useIfOpen({ Mx.mx_client_cancel(it, op) }, { MX_OK })
    }

    private suspend fun run(
        call: Call = Call(),
        submit: (client: Pointer, userData: Pointer, op: LongArray) -> Int,
    ): Outcome = delivery.run(call, ::cancel) { userData, op -> handle.use { submit(it, userData, op) } }

    private fun open(
        options: ClientOptions,
        create: (options: Pointer, out: PointerByReference, error: PointerByReference) -> Int,
    ): Handle {
        val out = PointerByReference()
        val error = PointerByReference()
        try {
            options.use(delivery.queue) { checkMade(create(it, out, error), error.value) }
            return Handle("client", out.value, Mx::mx_client_free)
        } catch (failure: Throwable) {
            Delivery.release()
            throw failure
        }
    }

    public companion object {
        /** A client without a homeserver, for [discover]: any other call of it is [MatrixException.InvalidArgument]. */
        @JvmStatic
        @JvmOverloads
        public fun forDiscovery(options: ClientOptions = ClientOptions()): MatrixClient =
            MatrixClient(options, Mx::mx_client_new_for_discovery)
    }
}
