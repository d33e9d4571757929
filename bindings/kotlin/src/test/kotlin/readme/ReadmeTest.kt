// Runs what README.md shows against a real Synapse, and holds its text to what was run.
package readme

import kotlinx.coroutines.runBlocking
import matrix.capi.ClosedPort
import matrix.capi.Homeserver
import matrix.capi.MatrixCapi
import matrix.capi.MatrixClient
import matrix.capi.MatrixException
import matrix.capi.PasswordReset
import matrix.capi.Project
import org.junit.jupiter.api.AfterAll
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
            .plus(listOf("kotlin/readme/ErrorsAndCancellation.kt", "java/readme/JavaExample.java"))
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
