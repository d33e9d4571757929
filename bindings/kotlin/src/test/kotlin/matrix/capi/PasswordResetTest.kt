// The whole reset against a real Synapse, over TLS with a private authority.
package matrix.capi

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance
import org.junit.jupiter.api.assertThrows
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PasswordResetTest {
    private val homeserver = Homeserver(
        "--tls",
        "--config",
        """{"password_config": {"policy": {"enabled": true, "minimum_length": 10}}}""",
    )

    @AfterAll
    fun stop() = homeserver.close()

    @AfterEach
    fun `nothing is left`() = assertEquals(0, MatrixCapi.liveObjects)

    @Test
    fun `a reset is carried from the mail to a login with the new password`() = withClient { client ->
        val person = homeserver.newPerson()
        PasswordReset(client, person.email).use { reset ->
            assertEquals(ResetStage.NEW, reset.stage)
            reset.send()
            assertEquals(ResetStage.AWAITS_LINK, reset.stage)
            val pending = assertFails<MatrixException.Pending> { reset.finish("New-password-1", logoutDevices = true) }
            assertEquals("MX_PENDING", pending.status)

            homeserver.confirmMail(person.email)
            val weak = assertFails<MatrixException.Matrix> { reset.finish("short", logoutDevices = true) }
            assertEquals("M_PASSWORD_TOO_SHORT", weak.errcode)
            assertEquals(400, weak.httpStatus)

            reset.finish("New-password-1", logoutDevices = true)
            assertEquals(ResetStage.DONE, reset.stage)
        }
        assertTrue(homeserver.canLogIn(person, "New-password-1"))
        assertFalse(homeserver.canLogIn(person, person.password))
    }

    @Test
    fun `finish waits for the confirmation while the person reads the mail`() = withClient { client ->
        val person = homeserver.newPerson()
        PasswordReset(client, person.email).use { reset ->
            reset.send()
            val done = async(Dispatchers.Default) { reset.finish("New-password-1", logoutDevices = false, wait = 1.minutes) }
            homeserver.confirmMail(person.email)
            done.await()
        }
        assertTrue(homeserver.canLogIn(person, "New-password-1"))
    }

    @Test
    fun `cancelling a finish that waits ends the polling, and it may be called again`() = withClient { client ->
        val person = homeserver.newPerson()
        PasswordReset(client, person.email).use { reset ->
            reset.send()
            val ended = withTimeoutOrNull(300.milliseconds) {
                reset.finish("New-password-1", logoutDevices = true, wait = 1.minutes)
            }
            assertNull(ended)
            homeserver.confirmMail(person.email)
            reset.finish("New-password-1", logoutDevices = true)
        }
        assertTrue(homeserver.canLogIn(person, "New-password-1"))
    }

    @Test
    fun `a reset is saved, and goes on with another client`() {
        val person = homeserver.newPerson()
        lateinit var saved: String
        withClient { client ->
            PasswordReset(client, person.email).use { reset ->
                reset.send()
                saved = reset.save()
            }
        }
        homeserver.confirmMail(person.email)
        withClient { client ->
            PasswordReset.restore(client, saved).use { reset ->
                assertEquals(ResetStage.AWAITS_LINK, reset.stage)
                reset.finish("New-password-1", logoutDevices = true)
            }
        }
        assertTrue(homeserver.canLogIn(person, "New-password-1"))
    }

    @Test
    fun `what is not a saved reset is refused with a reason`() = withClient { client ->
        val failure = assertThrows<MatrixException.InvalidArgument> { PasswordReset.restore(client, "{}") }
        assertTrue(failure.message!!.isNotEmpty())
    }

    @Test
    fun `a second send is a second mail`() = withClient { client ->
        val person = homeserver.newPerson()
        PasswordReset(client, person.email, nextLink = "https://app.example/done").use { reset ->
            reset.send()
            reset.send()
        }
        assertEquals(2, homeserver.waitForMails(person.email, 2))
    }

    @Test
    fun `an address without an account is M_THREEPID_NOT_FOUND`() = withClient { client ->
        PasswordReset(client, "nobody@example.test").use { reset ->
            val failure = assertFails<MatrixException.Matrix> { reset.send() }
            assertEquals("M_THREEPID_NOT_FOUND", failure.errcode)
        }
    }

    @Test
    fun `discovery finds the homeserver and how it resets passwords`() = runBlocking {
        val options = ClientOptions().apply { rootPem = homeserver.rootPem }
        MatrixClient.forDiscovery(options).use { client ->
            val found = client.discover(homeserver.url)
            assertEquals(homeserver.url.trimEnd('/'), found.baseUrl.trimEnd('/'))
            assertEquals("email", found.reset)
            assertTrue("v1.1" in found.versions)
            assertNull(found.accountManagementUri)
            assertFails<MatrixException.InvalidArgument> { client.getVersions() }
        }
        Unit
    }

    @Test
    fun `a server whose accounts live on the web says where`() = runBlocking {
        val uri = "https://account.example/"
        val metadata = """{"json": {"issuer": "https://auth.example/", "account_management_uri": "$uri"}}"""
        Script("[$metadata]").use { script ->
            MatrixClient(script.url).use { client ->
                PasswordReset(client, "alice@example.test").use { reset ->
                    val failure = assertFails<MatrixException.WebRequired> { reset.send() }
                    assertEquals(uri, failure.accountManagementUri)
                    assertEquals(JsonPrimitive(uri), (failure.json as JsonObject)["account_management_uri"])
                }
            }
        }
    }

    @Test
    fun `without its authority the homeserver is not trusted`() = runBlocking {
        MatrixClient(homeserver.url).use { client -> assertFails<MatrixException.Tls> { client.getVersions() } }
        Unit
    }

    private fun withClient(block: suspend CoroutineScope.(MatrixClient) -> Unit) = runBlocking {
        MatrixClient(homeserver.url) { rootPem = homeserver.rootPem }.use { block(it) }
    }
}
