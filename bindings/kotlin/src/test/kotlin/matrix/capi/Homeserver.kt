// A real Synapse with a mailbox, by the commands of tests/homeserver/homeserver.py.
package matrix.capi

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.io.File
import java.util.concurrent.atomic.AtomicInteger

/** A person with an account and a mail address. */
class Person(val localpart: String, val email: String, val password: String)

class Homeserver(vararg options: String) : AutoCloseable {
    private val child = Child(Project.venvPython, "${Project.root}/tests/homeserver/homeserver.py", "run", *options)
    private val numbers = AtomicInteger()
    private val ready = Json.parseToJsonElement(child.readLine()).jsonObject
    val url: String = ready.text("base_url")

    /** The private authority of a homeserver with --tls. */
    val rootPem: String
        get() = File(ready.text("ca_file")).readText()

    fun newPerson(): Person {
        val name = "person${numbers.incrementAndGet()}"
        val person = Person(name, "$name@example.test", "Old-password-1")
        command("register", "localpart" to name, "password" to person.password, "email" to person.email)
        return person
    }

    fun canLogIn(person: Person, password: String): Boolean =
        ask("login", "user" to person.localpart, "password" to password).getValue("ok").jsonPrimitive.boolean

    /** Does what a person does who gets the mail: opens its link and presses the button. */
    fun confirmMail(email: String) {
        val mails = command("wait_mail", "to" to email).getValue("mails").jsonArray
        val link = mails.last().jsonObject.getValue("links").jsonArray.first().jsonPrimitive.content
        command("confirm", "link" to link)
    }

    fun waitForMails(email: String, count: Int): Int =
        command("wait_mail", "to" to email, "count" to count).getValue("mails").jsonArray.size

    override fun close() = child.close()

    private fun command(name: String, vararg arguments: Pair<String, Any>): JsonObject =
        ask(name, *arguments).also { check(it.getValue("ok").jsonPrimitive.boolean) { "$name: $it" } }

    @Synchronized
    private fun ask(name: String, vararg arguments: Pair<String, Any>): JsonObject {
        child.writeLine(json(mapOf("cmd" to name, *arguments)).toString())
        return Json.parseToJsonElement(child.readLine()).jsonObject
    }
}

fun JsonObject.text(name: String): String = getValue(name).jsonPrimitive.content
