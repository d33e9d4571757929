// What a caller sees of failures, of refusals, and of text and values that cannot be sent.
package matrix.capi

import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonObject
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.Duration.Companion.seconds

class ErrorsTest {
    @AfterEach
    fun `nothing is left`() = assertEquals(0, MatrixCapi.liveObjects)

    @Test
    fun `an error carries its errcode, its HTTP status, its delay and its body`() {
        val limited = """{"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": 60000}"""
        Script("""[{"status": 429, "json": $limited}]""").use { script ->
            MatrixClient(script.url).use { client ->
                val failure = assertThrows<MatrixException.Matrix> { runBlocking { client.getVersions() } }
                assertEquals("MX_ERR_MATRIX", failure.status)
                assertEquals("M_LIMIT_EXCEEDED", failure.errcode)
                assertEquals(429, failure.httpStatus)
                assertEquals(60.seconds, failure.retryAfter)
                assertEquals(60_000, failure.retryAfterMillis)
                assertEquals(JsonPrimitive("Too Many Requests"), failure.json?.jsonObject?.get("error"))
                assertTrue("M_LIMIT_EXCEEDED" in failure.message!!)
            }
        }
    }

    @Test
    fun `a page that is no JSON is readable as text`() {
        Script("""[{"status": 502, "body": "<h1>Bad Gateway</h1>"}]""").use { script ->
            MatrixClient(script.url) { maxRetries = 0 }.use { client ->
                val failure = assertThrows<MatrixException.BadResponse> { runBlocking { client.getVersions() } }
                assertEquals("<h1>Bad Gateway</h1>", failure.body)
                assertNull(failure.json)
                assertNull(failure.errcode)
                assertNull(failure.retryAfter)
            }
        }
    }

    @Test
    fun `every class of exception can be told from the others without an else`() {
        val kind: (MatrixException) -> String = { failure ->
            when (failure) {
                is MatrixException.Pending -> "ask again later"
                is MatrixException.WebRequired -> "open ${failure.accountManagementUri}"
                is MatrixException.UnknownOutcome -> "try to log in"
                is MatrixException.Matrix -> "the server refused"
                is MatrixException.InvalidArgument, is MatrixException.NullArgument, is MatrixException.InvalidUtf8,
                is MatrixException.Misuse, is MatrixException.Closed, is MatrixException.Forked,
                is MatrixException.NotFound, is MatrixException.Timeout,
                -> "a mistake"
                is MatrixException.Cancelled, is MatrixException.Deadline, is MatrixException.Connect,
                is MatrixException.Tls, is MatrixException.BadResponse,
                -> "the network"
                is MatrixException.Internal, is MatrixException.Unknown -> "a bug"
            }
        }
        assertEquals("try to log in", kind(MatrixException.of(Outcome("lost", MX_UNKNOWN_OUTCOME))))
        assertEquals("a bug", kind(MatrixException.of(Outcome("from a later library", 200))))
    }

    @Test
    fun `text that a C string would cut is refused by the parameter's name`() = withClient { client ->
        val failures = listOf(
            "email" to assertThrows<MatrixException.InvalidArgument> { PasswordReset(client, "a\u0000@example.test") },
            "accessToken" to assertThrows<MatrixException.InvalidArgument> { client.setAccessToken("a\u0000b") },
            "server" to assertFails<MatrixException.InvalidArgument> { client.discover("a\u0000b") },
            "token" to assertFails<MatrixException.InvalidArgument> { client.submitToken("u", "s", "c", "\u0000") },
            "homeserverUrl" to assertThrows<MatrixException.InvalidArgument> { MatrixClient("http://\u0000") },
            "userAgent" to assertThrows<MatrixException.InvalidArgument> {
                MatrixClient("http://127.0.0.1") { userAgent = "\u0000" }
            },
        )
        for ((name, failure) in failures) assertEquals("$name holds U+0000, which a C string cannot carry", failure.message)
    }

    @Test
    fun `U+0000 inside JSON reaches the library, which names the field`() = withClient { client ->
        val failure = assertFails<MatrixException.InvalidArgument> {
            client.requestTokenToResetPasswordEmail("s3cr3t\u0000", "alice@example.test", 1)
        }
        assertTrue("client_secret" in failure.message!!, failure.message)
    }

    @Test
    fun `half a surrogate pair is refused and not replaced`() = withClient { client ->
        assertFails<MatrixException.InvalidUtf8> { client.checkUsernameAvailability("\ud800") }
        assertThrows<MatrixException.InvalidUtf8> { client.setAccessToken("\udc00") }
    }

    @Test
    fun `a value without a form in JSON is refused`() = withClient { client ->
        assertFails<MatrixException.InvalidArgument> { client.call("getVersions", mapOf("since" to Any())) }
        assertFails<MatrixException.InvalidArgument> { client.call("login", mapOf("auth" to mapOf(1 to "one"))) }
    }

    @Test
    fun `an option that is refused carries the library's own words`() {
        val refusals = listOf<ClientOptions.() -> Unit>(
            { timeout = 1.nanoseconds },
            { userAgent = "line\nbreak" },
            { proxy = "ftp://proxy.example" },
            { rootPem = "no certificate" },
        )
        for (refused in refusals) {
            val failure = assertThrows<MatrixException.InvalidArgument> { MatrixClient("http://127.0.0.1", refused) }
            assertTrue("mx_client_options_" in failure.message!!, failure.message)
        }
    }

    @Test
    fun `a number that does not fit the library's is refused`() {
        assertThrows<MatrixException.InvalidArgument> { MatrixClient("http://127.0.0.1") { timeout = (-1).milliseconds } }
        assertThrows<MatrixException.InvalidArgument> { MatrixClient("http://127.0.0.1") { maxResponseBytes = 1L shl 32 } }
    }

    @Test
    fun `a URL that is not taken says why`() {
        val failure = assertThrows<MatrixException.InvalidArgument> { MatrixClient("http://matrix.example") }
        assertTrue("http" in failure.message!!)
        assertEquals("MX_ERR_INVALID_ARGUMENT", failure.status)
    }

    @Test
    fun `a closed client and a closed reset refuse everything and can be closed again`() {
        val client = MatrixClient("http://127.0.0.1:9")
        val reset = PasswordReset(client, "alice@example.test")
        client.close()
        client.close()
        assertThrows<MatrixException.Closed> { runBlocking { client.getVersions() } }
        assertThrows<MatrixException.Closed> { client.setAccessToken(null) }
        assertThrows<MatrixException.Closed> { PasswordReset(client, "alice@example.test") }
        // The library's own refusal: the reset outlives its client.
        val refusal = assertThrows<MatrixException.Closed> { runBlocking { reset.send() } }
        assertTrue("mx_password_reset_send" in refusal.message!!, refusal.message)
        reset.close()
        reset.close()
        assertThrows<MatrixException.Closed> { reset.stage }
    }

    @Test
    fun `a step of a reset before its time is misuse, and says so`() = withClient { client ->
        PasswordReset(client, "alice@example.test").use { reset ->
            val refusal = assertFails<MatrixException.Misuse> { reset.finish("Hunter2hunter2", logoutDevices = false) }
            assertFalse(refusal.message!!.isEmpty())
        }
    }

    private fun withClient(block: suspend (MatrixClient) -> Unit) = runBlocking {
        MatrixClient("http://127.0.0.1:9").use { block(it) }
    }
}
