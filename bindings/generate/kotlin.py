"""What repeats in the Kotlin binding: constants, exceptions by status, and the operations' signatures."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from generate.model import Constant, Model, Operation, Param

ROOT = Path(__file__).parents[2]
FOLDER = "bindings/kotlin/src/main/kotlin/matrix/capi"
NOTE = "// Generated from the library's own tables by bindings/generate; do not edit.\n"
TYPES = {
    "string": "String",
    "integer": "Long",
    "number": "Double",
    "boolean": "Boolean",
    "object": "Map<String, Any?>",
    "array": "List<Any?>",
}
# What the header's comments call by the names of C.
IN_KOTLIN = {
    "mx_queue_next: nothing came in time, or mx_queue_wake was called.": "Never thrown: only the queue says it.",
    "mx_result_errcode": "[errcode]",
    "mx_result_http_status": "[httpStatus]",
    "mx_result_body": "[body]",
    "mx_client_new": "[MatrixClient]",
    '"/account_management_uri"': "[accountManagementUri]",
}
# fmt: off
HARD_KEYWORDS = frozenset((
    "as", "break", "class", "continue", "do", "else", "false", "for", "fun", "if", "in", "interface", "is", "null",
    "object", "package", "return", "super", "this", "throw", "true", "try", "typealias", "typeof", "val", "var", "when",
    "while",
))
# fmt: on


def files(model: Model) -> dict[str, str]:
    texts = {
        "Constants": constants(model),
        "MatrixException": exceptions(model),
        "ResetStage": reset_stage(model),
        "Operations": operations(model),
        "FutureOperations": future_operations(model),
    }
    return {f"{FOLDER}/{name}.kt": text for name, text in texts.items()}


def constants(model: Model) -> str:
    lines = [
        f"internal const val {status.name} = {status.value}"
        for status in model.statuses
    ]
    return f"""// The library's numbers.
{NOTE}package matrix.capi

/** The number of the binary interface that this binding was made for. */
internal const val ABI = {model.abi_version}

{joined(lines)}"""


def exceptions(model: Model) -> str:
    failures = [status for status in model.statuses if status.value != 0]
    cases = [f"                {s.name} -> {class_name(s)}(outcome)" for s in failures]
    return f"""// How an operation ended if it did not end with an answer: one class for each status of the library's.
{NOTE}package matrix.capi

import kotlinx.serialization.json.JsonElement
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** Why there is no answer. The [message] is one line for developers' logs, and holds no secret of the request. */
public sealed class MatrixException private constructor(private val outcome: Outcome) : RuntimeException(outcome.message) {{
    /** The status's name in C, such as "MX_ERR_TLS". */
    public val status: String
        get() = Mx.mx_status_name(outcome.status).text()

    /** The HTTP status of the last answer; 0 if none came. */
    public val httpStatus: Int
        get() = outcome.httpStatus

    /** The server's errcode as it came, such as "M_THREEPID_NOT_FOUND". */
    public val errcode: String?
        get() = outcome.errcode

    /** How long the server asks to wait before the next try. */
    @get:JvmSynthetic
    public val retryAfter: Duration?
        get() = outcome.retryAfterMs?.milliseconds

    /** [retryAfter] for Java. */
    public val retryAfterMillis: Long?
        get() = outcome.retryAfterMs

    /** A header of the answer: see [MatrixResult.header]. */
    public fun header(name: String): String? = outcome.header(name)

    /** The answer's body as text; null if no answer came. It need not be JSON. */
    public val body: String?
        get() = outcome.text()

    /** The same as JSON; null if it is none. */
    public val json: JsonElement?
        get() = outcome.json()

{"".join(exception(status) for status in failures)}    /** A status that a later library has and this binding does not know. */
    public class Unknown internal constructor(outcome: Outcome) : MatrixException(outcome)

    internal companion object {{
        fun of(outcome: Outcome): MatrixException =
            when (outcome.status) {{
{joined(cases)}                else -> Unknown(outcome)
            }}
    }}
}}
"""


def exception(status: Constant) -> str:
    doc = comment(status.name)
    lines = ["    /**", *(f"     * {line}".rstrip() for line in doc), "     */"]
    if len(doc) == 1:
        lines = [f"    /** {doc[0]} */"]
    end = ""
    if status.name == "MX_WEB_REQUIRED":
        end = """ {
        /** The web page, if the server says so. */
        public val accountManagementUri: String? = outcome.accountManagementUri
    }"""
    lines.append(
        f"    public class {class_name(status)} internal constructor(outcome: Outcome) : MatrixException(outcome){end}"
    )
    return joined(lines) + "\n"


def comment(name: str) -> list[str]:
    """What the header says of a constant, line by line."""
    header = (ROOT / "include" / "matrix_capi.h").read_text(encoding="utf-8")
    text = found(rf"/\*\*((?:(?!\*/).)*)\*/\n#define {name} \d+\n", header, re.DOTALL)
    text = re.sub(
        "mx_password_reset_([a-z_]+)",
        lambda match: f"[PasswordReset.{camel(match[1])}]",
        text,
    )
    for in_c, in_kotlin in IN_KOTLIN.items():
        text = text.replace(in_c, in_kotlin)
    if "mx_" in text:
        raise LookupError(f"{name}: there is no Kotlin for what C calls {text}")
    lines = [line.strip().removeprefix("*").strip() for line in text.splitlines()]
    return [line for line in lines if line]


def class_name(status: Constant) -> str:
    words = re.sub("^MX_(ERR_)?", "", status.name).split("_")
    return "".join(word.capitalize() for word in words)


def reset_stage(model: Model) -> str:
    stages = []
    for stage in model.stages:
        doc = " ".join(comment(stage.name))
        stages.append(
            f"    /** {doc} */\n    {stage.name[len('MX_RESET_') :]}({stage.value}),\n"
        )
    return f"""// The stages of a password reset.
{NOTE}package matrix.capi

/** What must happen next in a [PasswordReset]. */
public enum class ResetStage(private val value: Int) {{
{joined(stages)}    ;

    internal companion object {{
        fun of(value: Int): ResetStage = entries.first {{ it.value == value }}
    }}
}}
"""


def operations(model: Model) -> str:
    functions = [suspending(operation) for operation in model.operations]
    return f"""// Every operation of the library's table as a suspending function.
{NOTE}package matrix.capi

import kotlinx.serialization.json.JsonObject

/**
 * The operations by the spec's names. Each returns the server's answer or throws a [MatrixException]; an optional
 * parameter that is null is left out.
 */
public abstract class Operations internal constructor() {{
    /**
     * Sends a [MatrixRequest] of any operation by the spec's operationId, with the spec's names for its path, query and
     * body fields. A null is sent as null.
     */
    public abstract suspend fun call(operationId: String, params: Map<String, Any?> = emptyMap()): JsonObject

{joined(functions)}}}
"""


def suspending(operation: Operation) -> str:
    return (
        f"    /** `{operation.method} {operation.path}` */\n"
        f"    public suspend fun {operation.camel_case}({parameters(operation)}): JsonObject =\n"
        f"        call({arguments(operation)})\n"
    )


def future_operations(model: Model) -> str:
    functions = [future(operation) for operation in model.operations]
    return f"""// Every operation of the library's table as a function that gives Java a CompletableFuture.
{NOTE}package matrix.capi

import kotlinx.serialization.json.JsonObject
import java.util.concurrent.CompletableFuture

/** [Operations] for Java. An optional parameter that is null is left out, as are those at the end that are not given. */
public abstract class FutureOperations internal constructor() {{
    /** See [Operations.call]. */
    public abstract fun call(operationId: String, params: Map<String, Any?>): CompletableFuture<JsonObject>

{joined(functions)}}}
"""


def future(operation: Operation) -> str:
    overloads = (
        "    @JvmOverloads\n" if any(not p.required for p in operation.params) else ""
    )
    return (
        f"    /** `{operation.method} {operation.path}` */\n"
        f"{overloads}"
        f"    public fun {operation.camel_case}({parameters(operation)}): CompletableFuture<JsonObject> =\n"
        f"        call({arguments(operation)})\n"
    )


def parameters(operation: Operation) -> str:
    """One parameter on a line, as Kotlin's style has it where they do not fit on one."""
    if not operation.params:
        return ""
    lines = [f"        {parameter(param)}," for param in operation.required_first]
    return "\n" + joined(lines) + "    "


def parameter(param: Param) -> str:
    optional = "" if param.required else "? = null"
    return f"{identifier(param)}: {TYPES[param.type]}{optional}"


def arguments(operation: Operation) -> str:
    if not operation.params:
        return f'"{operation.id}", emptyMap()'
    pairs = [f'            "{p.name}" to {identifier(p)},' for p in operation.params]
    return (
        f'\n            "{operation.id}",\n            given(\n'
        + "".join(f"    {pair}\n" for pair in pairs)
        + "            ),\n        "
    )


def identifier(param: Param) -> str:
    name = camel(param.name)
    return f"`{name}`" if name in HARD_KEYWORDS else name


def camel(name: str) -> str:
    """client_secret is clientSecret, and m.relates_to is mRelatesTo."""
    first, *rest = re.split("[_.]", name)
    return first + "".join(word.capitalize() for word in rest)


def found(pattern: str, text: str, flags: int = 0) -> str:
    match = re.search(pattern, text, re.MULTILINE | flags)
    if match is None:
        raise LookupError(f"nothing matches {pattern}")
    return match[1]


def joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
