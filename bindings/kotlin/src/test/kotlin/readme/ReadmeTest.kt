// Runs what README.md shows against a real Synapse, and holds its text to what was run.
package readme

import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.jsonObject
import matrix.capi.ClosedPort
import matrix.capi.Homeserver
import matrix.capi.MatrixCapi
import matrix.capi.MatrixClient
import matrix.capi.MatrixException
import matrix.capi.MatrixRequest
import matrix.capi.PasswordReset
import matrix.capi.Project
import matrix.capi.Script
import matrix.capi.text
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.PrintStream
import java.util.concurrent.CompletableFuture

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReadmeTest {
    private val homeserver =
        Homeserver("--config", """{"password_config": {"policy": {"enabled": true, "minimum_length": 10}}}""")
    private val binding = File(Project.root, "bindings/kotlin")

    @AfterAll
    fun stop() = homeserver.close()

    @Test
    fun `the README shows the very code that these tests run`() {
        val shown = Regex("```(?:kotlin|java)\n(.*?)```", RegexOption.DOT_MATCHES_ALL)
            .findAll(File(binding, "README.md").readText())
            .map { it.groupValues[1].trim() }
            .toList()
        val run = listOf("kotlin/readme/FiveLines.kt", "kotlin/readme/FullReset.kt")
            .plus(listOf("kotlin/readme/Requests.kt", "kotlin/readme/ErrorsAndCancellation.kt"))
            .plus(listOf("java/readme/JavaExample.java", "java/readme/JavaRequest.java"))
            .map { File(binding, "src/test/$it").readLines().drop(1).joinToString("\n").trim() }
        assertEquals(run, shown)
    }

    @Test
    fun `the library, the package and the README have one version`() {
        val packaged = System.getProperty("project.version")
        assertEquals(MatrixCapi.version, packaged)
        val shown = File(binding, "README.md").readText()
        assertTrue("<artifactId>matrix-capi</artifactId>\n  <version>$packaged</version>" in shown)
    }

    @Test
    fun `five lines ask a homeserver for its versions`() {
        val printed = ByteArrayOutputStream()
        val before = System.out
        System.setOut(PrintStream(printed))
        try {
            main(arrayOf(homeserver.url))
        } finally {
            System.setOut(before)
        }
        assertTrue("\"v1.1\"" in printed.toString(), printed.toString())
    }

    @Test
    fun `the rooms of a sync have their names, and a message gets its event's ID`() = withClient { client ->
        val person = homeserver.newPerson()
        val who = mapOf("type" to "m.id.user", "user" to person.localpart)
        client.setAccessToken(client.login("m.login.password", who, person.password).text("access_token"))
        val create = MatrixRequest.custom("POST", "/_matrix/client/v3/createRoom")
        val unnamed = client.send(create).json.jsonObject.text("room_id")
        val named = client.send(create.set("name", "Tea & cake")).json.jsonObject.text("room_id")
        assertTrue(say(client, named, "hello").startsWith("$"))
        assertEquals(mapOf(unnamed to null, named to "Tea & cake"), roomNames(client))
    }

    @Test
    fun `Java's example gets the bytes of a file`() {
        Script("""[{"body_base64": "AP8B", "headers": {"content-type": "image/png"}}]""").use { script ->
            MatrixClient(script.url).use { client ->
                assertArrayEquals(byteArrayOf(0, -1, 1), JavaRequest.download(client, "a.example", "m/1").join())
            }
            val path = script.state().requests.single().text("path")
            assertEquals("/_matrix/client/v1/media/download/a.example/m%2F1", path)
        }
    }

    @Test
    fun `the full reset ends with a login by the new password`() = withClient { client ->
        val person = homeserver.newPerson()
        val passwords = ArrayDeque(listOf("short", "New-password-1"))
        val shown = mutableListOf<String>()
        lateinit var kept: String
        resetPassword(client, person.email, keep = { kept = it }) { text ->
            shown += text
            when {
                text.startsWith("Follow") -> "".also { homeserver.confirmMail(person.email) }
                text.startsWith("End all") -> "yes"
                text.startsWith("Choose") -> passwords.removeFirst()
                else -> ""
            }
        }
        assertTrue("The server wants a better password." in shown)
        assertTrue(kept.isNotEmpty())
        assertTrue(homeserver.canLogIn(person, "New-password-1"))
        assertFalse(homeserver.canLogIn(person, person.password))
    }

    @Test
    fun `the words for the person are the same with and without an account, and others without a connection`() =
        withClient { client ->
            val person = homeserver.newPerson()
            val words = listOf(person.email, "nobody@example.test").map { email ->
                PasswordReset(client, email).use { requestMail(it) }
            }
            assertEquals(List(2) { "If the address has an account here, a mail is on its way." }, words)
            ClosedPort().use { nobody ->
                MatrixClient(nobody.url).use { other ->
                    PasswordReset(other, person.email).use { reset ->
                        assertEquals("There is no secure connection to the homeserver.", requestMail(reset))
                    }
                }
            }
        }

    @Test
    fun `Java's example changes the password once the person has confirmed`() = withClient { client ->
        val person = homeserver.newPerson()
        val confirmed = CompletableFuture.supplyAsync<Void> {
            homeserver.confirmMail(person.email)
            null
        }
        assertTrue(JavaExample.resetPassword(client, person.email, "New-password-1", confirmed).join())
        assertTrue(homeserver.canLogIn(person, "New-password-1"))
        val early = JavaExample.resetPassword(client, person.email, "New-password-2", CompletableFuture.completedFuture(null))
        assertFalse(early.join())
        val failure = runCatching {
            JavaExample.resetPassword(client, "nobody@example.test", "New-password-3", confirmed).join()
        }.exceptionOrNull()
        assertTrue(failure?.cause is MatrixException.Matrix, "$failure")
    }

    private fun withClient(block: suspend (MatrixClient) -> Unit) = runBlocking {
        MatrixClient(homeserver.url).use { block(it) }
    }
}
