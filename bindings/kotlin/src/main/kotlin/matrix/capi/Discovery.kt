// Where a homeserver is and how passwords are reset there.
package matrix.capi

import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive

/** What [MatrixClient.discover] found; [json] is all that the library says. */
public class Discovery internal constructor(public val json: JsonObject) {
    /** For [MatrixClient]. */
    public val baseUrl: String = json.getValue("base_url").jsonPrimitive.content

    /** The versions of the spec that the server speaks. */
    public val versions: List<String> = json.getValue("versions").jsonArray.map { it.jsonPrimitive.content }

    /**
     * "email": [PasswordReset] works, as far as can be known before a mail is asked for; "web": send the person to
     * [accountManagementUri]; "unavailable": no login by password here.
     */
    public val reset: String = json.getValue("reset").jsonPrimitive.content

    /** The web page of the accounts, if the server says so. */
    public val accountManagementUri: String? = text("account_management_uri")

    /** The OAuth issuer, if the server says so. */
    public val issuer: String? = text("issuer")

    private fun text(name: String): String? = (json[name] as? JsonPrimitive)?.contentOrNull

    override fun toString(): String = "Discovery($json)"
}
