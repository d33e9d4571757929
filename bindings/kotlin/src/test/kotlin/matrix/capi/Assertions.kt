// Assertions that JUnit does not have.
package matrix.capi

import org.junit.jupiter.api.Assertions.fail

/** JUnit's assertThrows for what suspends. */
suspend inline fun <reified T : Throwable> assertFails(block: suspend () -> Any?): T {
    val returned =
        try {
            block()
        } catch (failure: Throwable) {
            return failure as? T ?: throw failure
        }
    return fail("no ${T::class.simpleName}, but $returned")
}
