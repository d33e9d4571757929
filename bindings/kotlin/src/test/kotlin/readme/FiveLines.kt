package readme

import kotlinx.coroutines.runBlocking
import matrix.capi.MatrixClient

fun main(args: Array<String>) = runBlocking {
    MatrixClient(args[0]).use { client -> println(client.getVersions()["versions"]) }
}
