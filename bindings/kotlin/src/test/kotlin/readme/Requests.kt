package readme

import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import matrix.capi.MatrixClient
import matrix.capi.MatrixRequest
import java.util.UUID
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** Sends a text into a room, and gives back the event's ID. */
suspend fun say(client: MatrixClient, roomId: String, text: String): String {
    val request = MatrixRequest.custom("PUT", "/_matrix/client/v3/rooms/{roomId}/send/m.room.message/{txnId}") {
        set("roomId", roomId) // encoded, whatever it holds
        set("txnId", UUID.randomUUID().toString())
        set("body", mapOf("msgtype" to "m.text", "body" to text)) // the whole body
        timeout = 10.seconds // of this call, in place of the client's
    }
    return client.send(request).json.jsonObject.getValue("event_id").jsonPrimitive.content
}

/** The names of the account's rooms by their IDs; null for a room without a name. */
suspend fun roomNames(client: MatrixClient): Map<String, String?> {
    val sync = MatrixRequest.custom("GET", "/_matrix/client/v3/sync") { timeout = 2.minutes }
    val rooms = client.send(sync).json.jsonObject["rooms"]?.jsonObject?.get("join")?.jsonObject.orEmpty()
    return rooms.mapValues { (_, room) ->
        val events = listOf("state", "timeline").flatMap { room.jsonObject.getValue(it).jsonObject.getValue("events").jsonArray }
        val named = events.map(JsonElement::jsonObject).lastOrNull { it["type"] == JsonPrimitive("m.room.name") }
        (named?.get("content") as? JsonObject)?.get("name")?.jsonPrimitive?.content
    }
}
