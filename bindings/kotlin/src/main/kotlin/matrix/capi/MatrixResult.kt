// What the server answered to a request.
package matrix.capi

import kotlinx.serialization.json.JsonElement

/** The answer to a [MatrixRequest], once [MatrixClient.send] has it. */
public class MatrixResult internal constructor(private val outcome: Outcome) {
    /** The HTTP status, from 200 on. */
    public val httpStatus: Int
        get() = outcome.httpStatus

    /** The body as it came. It need not be JSON if the request is a custom one. */
    public val body: ByteArray = outcome.body ?: ByteArray(0)

    /**
     * The body as JSON, parsed when it is asked for the first time.
     *
     * @throws MatrixException.BadResponse it is not JSON
     */
    public val json: JsonElement by lazy { outcome.json() ?: throw MatrixException.of(outcome.withoutJson()) }

    /**
     * A header of the answer; null if it was not sent, or is not one of those that are kept: "content-type",
     * "content-disposition", "location" and "etag".
     *
     * @param name in any case
     */
    public fun header(name: String): String? = outcome.header(name)

    /** Without the body, which may hold secrets. */
    override fun toString(): String = "MatrixResult(HTTP $httpStatus, ${body.size} bytes)"
}
