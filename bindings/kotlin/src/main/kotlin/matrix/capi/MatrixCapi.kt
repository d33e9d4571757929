// The library itself: its version, a random secret, and what it says of leaks.
package matrix.capi

import com.sun.jna.Native

/** The native library. */
public object MatrixCapi {
    /** The version, such as "0.2.0". */
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
        // The spec allows at most 255 characters; a NUL ends them.
        val buffer = ByteArray(256)
        checkAccepted(Mx.mx_generate_client_secret(buffer, NativeSize(buffer.size.toLong())))
        return Native.toString(buffer, "US-ASCII")
    }
}
