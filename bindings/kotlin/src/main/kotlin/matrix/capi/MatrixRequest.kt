// A request: any operation with its fields, or an endpoint that the library does not list.
package matrix.capi

import com.sun.jna.Pointer
import com.sun.jna.ptr.PointerByReference
import kotlinx.serialization.json.jsonPrimitive
import kotlin.time.Duration
import kotlin.time.toKotlinDuration

/**
 * An operation with its fields, for [MatrixClient.send]:
 *
 * ```
 * client.send(MatrixRequest("login") {
 *     set("type", "m.login.token")
 *     set("token", token)
 * })
 * ```
 *
 * A field has the spec's name, wherever it travels: in the path, the query or the body. Names with a dot, of vendors and of
 * proposals (MSCs), are taken by every operation. What an operation does not allow is refused at once, with the library's
 * own words, by [MatrixException.InvalidArgument]; what is missing is found when the request is sent.
 *
 * There is nothing to close. One thread may change a request at a time.
 */
public class MatrixRequest private constructor(
    private val name: String,
    private val maker: Maker,
) {
    // The library's object is made for each check and each send, and freed right after: a request that is dropped, or whose
    // sending is cancelled, leaves nothing behind.
    private val fields = LinkedHashMap<String, Field>()

    private class Field(val name: ByteArray, val json: ByteArray)

    private fun interface Maker {
        fun make(out: PointerByReference): Int
    }

    /**
     * Makes a request of an operation.
     *
     * @param operationId the spec's, such as "login"
     */
    public constructor(operationId: String) : this(operationId, ofOperation(operationId)) {
        checkNow { MX_OK }
    }

    /** The same, with its fields: `MatrixRequest("login") { set("type", "m.login.token") }`. */
    public constructor(operationId: String, configure: MatrixRequest.() -> Unit) : this(operationId) {
        configure()
    }

    /** How long the whole call may take, from 1 ms on; null: the client's [ClientOptions.timeout]. */
    @get:JvmSynthetic
    @set:JvmSynthetic
    public var timeout: Duration? = null
        set(value) {
            if (value != null && timeoutMs(value) == 0) throw invalidArgument("timeout is $value: less than 1 ms")
            field = value
        }

    /** [timeout] for Java. */
    public fun setTimeout(timeout: java.time.Duration?): MatrixRequest =
        apply { this.timeout = timeout?.toKotlinDuration() }

    /**
     * Sets a field, in place of what it was before. The value is kept as it is now.
     *
     * @param value a string, a number, a boolean, a map, a list, a JsonElement; null is sent as null
     */
    public operator fun set(name: String, value: Any?): MatrixRequest {
        val field = field(name, value)
        checkNow { setField(it, field) }
        fields[name] = field
        return this
    }

    /** Leaves a field out again. */
    public fun unset(name: String): MatrixRequest {
        val inC = cString("name", name)
        checkNow { Mx.mx_request_set_string(it, inC, null) }
        fields.remove(name)
        return this
    }

    /**
     * The URL of a GET that needs no access token, for a browser: some endpoints, such as those that begin a login by SSO,
     * set cookies there. Nothing is sent.
     */
    public fun url(client: MatrixClient): String {
        val out = PointerByReference()
        client.handle.use { native -> withNative { checkAccepted(Mx.mx_request_url(native, it, out)) } }
        return Outcome.take(out.value).answer().getValue("url").jsonPrimitive.content
    }

    /** The names of the fields, without their values, which may be secrets. */
    override fun toString(): String = "MatrixRequest($name: ${fields.keys.joinToString()})"

    /** Runs the block with the library's form of what this holds now. */
    internal fun <T> withNative(block: (request: Pointer) -> T): T =
        withNew { request ->
            for (field in fields.values) checkAccepted(setField(request, field))
            timeout?.let { checkAccepted(Mx.mx_request_set_timeout_ms(request, timeoutMs(it))) }
            block(request)
        }

    /** Tries a change with a request that has no other fields: each is checked by itself. */
    private fun checkNow(change: (request: Pointer) -> Int) = withNew { checkAccepted(change(it)) }

    private fun <T> withNew(block: (request: Pointer) -> T): T {
        val out = PointerByReference()
        checkAccepted(maker.make(out))
        try {
            return block(out.value)
        } finally {
            Mx.mx_request_free(out.value)
        }
    }

    private fun field(name: String, value: Any?) = Field(cString("name", name), cString(name, json(value).toString()))

    private fun setField(request: Pointer, field: Field): Int = Mx.mx_request_set_json(request, field.name, field.json)

    private fun timeoutMs(timeout: Duration): Int = cUInt32("timeout in milliseconds", timeout.inWholeMilliseconds)

    public companion object {
        /**
         * Makes a request to an endpoint that the library does not list: an unstable or a vendor's one. Fields that the path
         * does not name go into the query of a GET or DELETE, and into the body of a POST or PUT; the field "body" is the
         * whole body. The access token travels with it. Any HTTP status from 200 to 299 is a result, whatever the body is.
         *
         * @param method "GET", "POST", "PUT" or "DELETE"
         * @param path begins with "/_matrix/"; "{name}" stands for the field "name", which is percent-encoded; a query may
         *   follow: "/_matrix/client/v1/x/{roomId}?dir={dir}"
         */
        @JvmStatic
        public fun custom(method: String, path: String): MatrixRequest {
            val inC = listOf(cString("method", method), cString("path", path))
            val maker = Maker { Mx.mx_request_new_custom(inC[0], inC[1], it) }
            return MatrixRequest("$method $path", maker).apply { checkNow { MX_OK } }
        }

        /** The same, with its fields. */
        public fun custom(method: String, path: String, configure: MatrixRequest.() -> Unit): MatrixRequest =
            custom(method, path).apply(configure)

        /** For one that is sent at once: what the operation does not allow is found then, too. */
        internal fun checkedWhenSent(operationId: String, params: Map<String, Any?>): MatrixRequest {
            val request = MatrixRequest(operationId, ofOperation(operationId))
            for ((name, value) in params) request.fields[name] = request.field(name, value)
            return request
        }

        private fun ofOperation(operationId: String): Maker {
            val inC = cString("operationId", operationId)
            return Maker { Mx.mx_request_new(inC, it) }
        }
    }
}
