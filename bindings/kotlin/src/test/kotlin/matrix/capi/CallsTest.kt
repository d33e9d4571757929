// What calls send and give back, many at a time, and what closing and cancelling do to them.
package matrix.capi

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

class CallsTest {
    @AfterEach
    fun `nothing is left`() = assertEquals(0, MatrixCapi.liveObjects)

    @Test
    fun `a typed function sends the spec's names and leaves out what is not given`() =
        scripted("""[{"json": {"sid": "abc"}}]""") { script, client ->
            val answer = client.requestTokenToResetPasswordEmail(
                clientSecret = "s3cr3t",
                email = "alice@example.test",
                sendAttempt = 1,
                nextLink = "https://app.example/",
            )
            assertEquals("abc", answer.text("sid"))
            val sent = script.state().requests.single()
            assertEquals("/_matrix/client/v3/account/password/email/requestToken", sent.text("path"))
            assertEquals(
                Json.parseToJsonElement(
                    """{"client_secret": "s3cr3t", "email": "alice@example.test", "send_attempt": 1,
                        "next_link": "https://app.example/"}""",
                ),
                Json.parseToJsonElement(sent.text("body")),
            )
        }

    @Test
    fun `params may be maps, lists, values and JSON`() =
        scripted("""[{"json": {"user_id": "@a:b", "access_token": "t"}}]""") { script, client ->
            val identifier = mapOf("type" to "m.id.user", "user" to "alice", "more" to listOf(1, 2.5, true, null, arrayOf("x")))
            client.call("login", mapOf("type" to "m.login.password", "identifier" to identifier, "password" to "p"))
            client.call("login", buildJsonObject { put("type", "m.login.token"); put("token", "t") })
            val (first, second) = script.state().requests.map { Json.parseToJsonElement(it.text("body")) }
            assertEquals(
                Json.parseToJsonElement(
                    """{"type": "m.login.password", "password": "p",
                        "identifier": {"type": "m.id.user", "user": "alice", "more": [1, 2.5, true, null, ["x"]]}}""",
                ),
                first,
            )
            assertEquals(Json.parseToJsonElement("""{"type": "m.login.token", "token": "t"}"""), second)
        }

    @Test
    fun `the access token can be changed between calls`() =
        scripted("""[{"json": {"user_id": "@a:b"}}]""") { script, client ->
            client.setAccessToken("first")
            client.getTokenOwner()
            client.setAccessToken("second")
            client.getTokenOwner()
            val sent = script.state().requests.map { it.getValue("headers").toString() }
            assertTrue("Bearer first" in sent[0])
            assertTrue("Bearer second" in sent[1])
        }

    @Test
    fun `a token that the person read is handed in where the server said`() =
        scripted("""[{"json": {"success": true}}]""") { script, client ->
            client.submitToken("${script.url}/submit", "sid", "s3cr3t", "123456")
            val sent = script.state().requests.single()
            assertEquals("/submit", sent.text("path"))
            assertEquals(
                Json.parseToJsonElement("""{"sid": "sid", "client_secret": "s3cr3t", "token": "123456"}"""),
                Json.parseToJsonElement(sent.text("body")),
            )
        }

    @Test
    fun `the library makes secrets that the spec allows`() {
        val secrets = List(100) { MatrixCapi.generateClientSecret() }
        assertEquals(100, secrets.toSet().size)
        assertTrue(secrets.all { Regex("[0-9a-zA-Z.=_-]{43}").matches(it) })
    }

    @Test
    fun `a thousand calls at once all complete, each with its own answer`() =
        scripted("""[{"echo": true, "shuffle_ms": 100}]""") { _, client ->
            val sids = coroutineScope {
                List(1000) { number ->
                    async(Dispatchers.Default) {
                        client.requestTokenToResetPasswordEmail("s3cr3t", "alice@example.test", number.toLong()).text("sid")
                    }
                }.awaitAll()
            }
            assertEquals(List(1000) { "$it" }, sids)
        }

    @Test
    fun `cancelling a coroutine stops its request within a second`() =
        scripted("""[{"hang": true}]""") { script, client ->
            val call = launch(Dispatchers.Default) { client.getVersions() }
            script.waitForRequests(1)
            val started = TimeSource.Monotonic.markNow()
            call.cancelAndJoin()
            assertTrue(script.waitUntil(1.seconds - started.elapsedNow()) { it.closedEarly == 1 })
            assertTrue(call.isCancelled)
        }

    @Test
    fun `withTimeoutOrNull ends the call, and the next step of a reset may follow at once`() =
        scripted("""[{"hang": true}]""") { script, client ->
            PasswordReset(client, "alice@example.test").use { reset ->
                repeat(20) { assertNull(withTimeoutOrNull(20.milliseconds) { reset.send() }) }
            }
            assertTrue(script.waitUntil { it.closedEarly == it.requests.size })
        }

    @Test
    fun `a coroutine that is cancelled already sends nothing`() =
        scripted("""[{"json": {"versions": []}}]""") { script, client ->
            val call = launch {
                try {
                    awaitCancellation()
                } catch (_: CancellationException) {
                    assertFails<CancellationException> { client.getVersions() }
                }
            }
            yield()
            call.cancelAndJoin()
            assertEquals(0, script.state().requests.size)
        }

    @Test
    fun `a thousand calls that are cancelled at any moment leave nothing behind`() =
        scripted("""[{"json": {"versions": []}, "shuffle_ms": 20}]""") { _, client ->
            coroutineScope {
                repeat(1000) { number ->
                    launch(Dispatchers.Default) { withTimeoutOrNull((number % 25).milliseconds) { client.getVersions() } }
                }
            }
            assertTrue(client.getVersions().containsKey("versions"))
        }

    @Test
    fun `closing a client ends its calls as cancelled, and no other client's`() =
        scripted("""[{"hang": true}]""") { script, client ->
            Script("""[{"json": {"versions": ["v1.15"]}, "delay_ms": 300}]""").use { slow ->
                MatrixClient(slow.url).use { other ->
                    val calls = List(50) {
                        async(Dispatchers.Default) { assertFails<MatrixException.Cancelled> { client.getVersions() } }
                    }
                    val answer = async(Dispatchers.Default) { other.getVersions() }
                    script.waitForRequests(50)
                    slow.waitForRequests(1)
                    client.close()
                    calls.awaitAll()
                    assertTrue(answer.await().containsKey("versions"))
                }
            }
        }

    @Test
    fun `a client may be closed by what continues on the thread that brings results`() = runBlocking {
        Script("""[{"json": {"versions": []}}]""").use { script ->
            val client = MatrixClient(script.url)
            withContext(Dispatchers.Unconfined) {
                client.getVersions()
                client.close()
            }
            // The thread that frees the queue is the one that runs this, so it is free only after it.
            val started = TimeSource.Monotonic.markNow()
            while (MatrixCapi.liveObjects != 0L && started.elapsedNow() < 10.seconds) delay(5)
        }
    }

    @Test
    fun `after the last client is closed no thread is left`() =
        scripted("""[{"json": {"versions": []}}]""") { _, client ->
            client.getVersions()
            assertEquals(1, threads("matrix-capi"))
            client.close()
            assertEquals(0, threads("matrix-capi"))
            assertEquals(0, MatrixCapi.liveObjects)
        }

    @Test
    fun `clients that come and go at once share the delivery without a fault`() =
        scripted("""[{"json": {"versions": []}}]""") { script, _ ->
            coroutineScope {
                repeat(8) {
                    launch(Dispatchers.IO) { repeat(50) { MatrixClient(script.url).use { it.getVersions() } } }
                }
            }
        }

    private fun threads(name: String) = Thread.getAllStackTraces().keys.count { it.name == name && it.isAlive }

    private fun scripted(replies: String, block: suspend CoroutineScope.(Script, MatrixClient) -> Unit) =
        runBlocking { Script(replies).use { script -> MatrixClient(script.url).use { block(script, it) } } }
}
