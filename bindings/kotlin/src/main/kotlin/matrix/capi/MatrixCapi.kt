// The library itself: its version, a random secret, and what it says of leaks.
package matrix.capi

/** The native library. */
public object MatrixCapi {
    /** The version, such as "0.1.0". */
    @JvmStatic
    public val version: String
        get() = Mx.mx_version().text()

    /** How many native objects were handed out and are not yet freed: 0 when everything has been closed. */
    @JvmStatic
    public val liveObjects: Long
        get() = Mx.mx_debug_live_objects()

    /** A new client_secret of 43 characters from the system's random source. */
    @JvmStatic
    public fun generateClientSecret(): String {
        val buffer = ByteArray(MX_CLIENT_SECRET_SIZE)
        checkAccepted(Mx.mx_generate_client_secret(buffer, NativeSize(buffer.size.toLong())))
        return String(buffer, 0, buffer.size - 1, Charsets.US_ASCII)
    }
}
