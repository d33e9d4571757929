// The library's numbers.
// Generated from the library's own tables by bindings/generate; do not edit.
package matrix.capi

/** The number of the binary interface that this binding was made for. */
internal const val ABI = 1

internal const val MX_OK = 0
internal const val MX_ERR_NULL_ARGUMENT = 1
internal const val MX_ERR_INVALID_UTF8 = 2
internal const val MX_ERR_MISUSE = 3
internal const val MX_ERR_CLOSED = 4
internal const val MX_ERR_FORKED = 5
internal const val MX_ERR_NOT_FOUND = 6
internal const val MX_ERR_TIMEOUT = 7
internal const val MX_ERR_INVALID_ARGUMENT = 32
internal const val MX_ERR_CANCELLED = 33
internal const val MX_ERR_DEADLINE = 34
internal const val MX_ERR_CONNECT = 35
internal const val MX_ERR_TLS = 36
internal const val MX_ERR_MATRIX = 37
internal const val MX_ERR_BAD_RESPONSE = 38
internal const val MX_PENDING = 39
internal const val MX_WEB_REQUIRED = 40
internal const val MX_UNKNOWN_OUTCOME = 41
internal const val MX_ERR_INTERNAL = 64
