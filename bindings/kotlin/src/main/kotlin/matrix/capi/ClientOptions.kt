// What a client can be told before it is made.
package matrix.capi

import com.sun.jna.Pointer
import com.sun.jna.ptr.PointerByReference
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** Options of a [MatrixClient]. What is null keeps the library's default. */
public class ClientOptions {
    /** How long a whole call may take, retries and waiting included. Default 30 s; then [MatrixException.Deadline]. */
    public var timeout: Duration? = null

    /** How long one connection may take to be made. Default 10 s. */
    public var connectTimeout: Duration? = null

    /** The User-Agent header. Default "matrix-capi/VERSION". */
    public var userAgent: String? = null

    /** The account's access token. It never travels with the operations that reset a password. */
    public var accessToken: String? = null

    /** An http or https URL. Default: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY of the environment. */
    public var proxy: String? = null

    /** Certificate authorities to trust besides the public ones: the text of one or more PEM blocks. */
    public var rootPem: String? = null

    /** Whether Mozilla's roots, built into the library, replace the system's. Default false; on Android always true. */
    public var bundledRoots: Boolean? = null

    /** How often a failed request is sent again, where that is safe. Default 2. */
    public var maxRetries: Int? = null

    /** The longest pause before the first retry; it doubles from retry to retry. Default 300 ms. */
    public var retryDelay: Duration? = null

    /** The longest delay asked for by a server that is waited out inside the call. Default 3 s. */
    public var maxRateLimitWait: Duration? = null

    /** The largest body of an answer that is taken. Default 16 MiB. */
    public var maxResponseBytes: Long? = null

    /** How many connections without a request are kept. Default 128. */
    public var maxIdleConnections: Int? = null

    /** How long a connection without a request is kept. Default 60 s. */
    public var idleTimeout: Duration? = null

    /** Whether http:// is allowed to other machines. To this machine it always is. Default false. */
    public var allowPlainHttp: Boolean? = null

    /** [timeout] for Java. */
    public fun setTimeoutMillis(milliseconds: Long) {
        timeout = milliseconds.milliseconds
    }

    /** [connectTimeout] for Java. */
    public fun setConnectTimeoutMillis(milliseconds: Long) {
        connectTimeout = milliseconds.milliseconds
    }

    /** [retryDelay] for Java. */
    public fun setRetryDelayMillis(milliseconds: Long) {
        retryDelay = milliseconds.milliseconds
    }

    /** [maxRateLimitWait] for Java. */
    public fun setMaxRateLimitWaitMillis(milliseconds: Long) {
        maxRateLimitWait = milliseconds.milliseconds
    }

    /** [idleTimeout] for Java. */
    public fun setIdleTimeoutMillis(milliseconds: Long) {
        idleTimeout = milliseconds.milliseconds
    }

    /** Runs the block with the library's options object, whose results go to the queue. */
    internal fun <T> use(queue: Pointer, block: (Pointer) -> T): T {
        val out = PointerByReference()
        checkAccepted(Mx.mx_client_options_new(out))
        val options = out.value
        try {
            set(options)
            checkAccepted(Mx.mx_client_options_set_queue(options, queue))
            return block(options)
        } finally {
            Mx.mx_client_options_free(options)
        }
    }

    private fun set(options: Pointer) {
        fun number(name: String, value: Long?, setter: (Pointer, Int) -> Int) {
            if (value != null) checkAccepted(setter(options, cUInt32(name, value)))
        }

        fun duration(name: String, value: Duration?, setter: (Pointer, Int) -> Int) =
            number("$name in milliseconds", value?.inWholeMilliseconds, setter)

        fun text(name: String, value: String?, setter: (Pointer, ByteArray) -> Int) {
            if (value != null) checkAccepted(setter(options, cString(name, value)))
        }

        fun flag(value: Boolean?, setter: (Pointer, Byte) -> Int) {
            if (value != null) checkAccepted(setter(options, cBool(value)))
        }

        duration("timeout", timeout, Mx::mx_client_options_set_timeout_ms)
        duration("connectTimeout", connectTimeout, Mx::mx_client_options_set_connect_timeout_ms)
        text("userAgent", userAgent, Mx::mx_client_options_set_user_agent)
        text("accessToken", accessToken, Mx::mx_client_options_set_access_token)
        text("proxy", proxy, Mx::mx_client_options_set_proxy)
        text("rootPem", rootPem, Mx::mx_client_options_add_root_pem)
        flag(bundledRoots, Mx::mx_client_options_set_bundled_roots)
        number("maxRetries", maxRetries?.toLong(), Mx::mx_client_options_set_max_retries)
        duration("retryDelay", retryDelay, Mx::mx_client_options_set_retry_delay_ms)
        duration("maxRateLimitWait", maxRateLimitWait, Mx::mx_client_options_set_max_rate_limit_wait_ms)
        number("maxResponseBytes", maxResponseBytes, Mx::mx_client_options_set_max_response_bytes)
        number("maxIdleConnections", maxIdleConnections?.toLong(), Mx::mx_client_options_set_max_idle_connections)
        duration("idleTimeout", idleTimeout, Mx::mx_client_options_set_idle_timeout_ms)
        flag(allowPlainHttp, Mx::mx_client_options_set_allow_plain_http)
    }
}
