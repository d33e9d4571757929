// Every operation of the library's table as a suspending function.
// Generated from the library's own tables by bindings/generate; do not edit.
package matrix.capi

import kotlinx.serialization.json.JsonObject

/**
 * The operations by the spec's names. Each returns the server's answer or throws a [MatrixException]; an optional
 * parameter that is null is left out.
 */
public abstract class Operations internal constructor() {
    /**
     * Sends a [MatrixRequest] of any operation by the spec's operationId, with the spec's names for its path, query and
     * body fields. A null is sent as null.
     */
    public abstract suspend fun call(operationId: String, params: Map<String, Any?> = emptyMap()): JsonObject

    /** `GET /.well-known/matrix/client` */
    public suspend fun getWellknown(): JsonObject =
        call("getWellknown", emptyMap())

    /** `GET /_matrix/client/versions` */
    public suspend fun getVersions(): JsonObject =
        call("getVersions", emptyMap())

    /** `GET /_matrix/client/v1/auth_metadata` */
    public suspend fun getAuthMetadata(): JsonObject =
        call("getAuthMetadata", emptyMap())

    /** `GET /_matrix/client/v3/capabilities` */
    public suspend fun getCapabilities(): JsonObject =
        call("getCapabilities", emptyMap())

    /** `GET /_matrix/client/v3/login` */
    public suspend fun getLoginFlows(): JsonObject =
        call("getLoginFlows", emptyMap())

    /** `POST /_matrix/client/v3/login` */
    public suspend fun login(
        type: String,
        identifier: Map<String, Any?>? = null,
        password: String? = null,
        token: String? = null,
        deviceId: String? = null,
        initialDeviceDisplayName: String? = null,
        refreshToken: Boolean? = null,
        user: String? = null,
        medium: String? = null,
        address: String? = null,
    ): JsonObject =
        call(
            "login",
            given(
                "type" to type,
                "identifier" to identifier,
                "password" to password,
                "token" to token,
                "device_id" to deviceId,
                "initial_device_display_name" to initialDeviceDisplayName,
                "refresh_token" to refreshToken,
                "user" to user,
                "medium" to medium,
                "address" to address,
            ),
        )

    /** `POST /_matrix/client/v3/logout` */
    public suspend fun logout(): JsonObject =
        call("logout", emptyMap())

    /** `GET /_matrix/client/v3/account/whoami` */
    public suspend fun getTokenOwner(): JsonObject =
        call("getTokenOwner", emptyMap())

    /** `GET /_matrix/client/v3/register/available` */
    public suspend fun checkUsernameAvailability(
        username: String,
    ): JsonObject =
        call(
            "checkUsernameAvailability",
            given(
                "username" to username,
            ),
        )

    /** `POST /_matrix/client/v3/register` */
    public suspend fun register(
        kind: String? = null,
        auth: Map<String, Any?>? = null,
        deviceId: String? = null,
        inhibitLogin: Boolean? = null,
        initialDeviceDisplayName: String? = null,
        password: String? = null,
        refreshToken: Boolean? = null,
        username: String? = null,
    ): JsonObject =
        call(
            "register",
            given(
                "kind" to kind,
                "auth" to auth,
                "device_id" to deviceId,
                "inhibit_login" to inhibitLogin,
                "initial_device_display_name" to initialDeviceDisplayName,
                "password" to password,
                "refresh_token" to refreshToken,
                "username" to username,
            ),
        )

    /** `POST /_matrix/client/v3/register/email/requestToken` */
    public suspend fun requestTokenToRegisterEmail(
        clientSecret: String,
        email: String,
        sendAttempt: Long,
        nextLink: String? = null,
        idAccessToken: String? = null,
        idServer: String? = null,
    ): JsonObject =
        call(
            "requestTokenToRegisterEmail",
            given(
                "client_secret" to clientSecret,
                "email" to email,
                "send_attempt" to sendAttempt,
                "next_link" to nextLink,
                "id_access_token" to idAccessToken,
                "id_server" to idServer,
            ),
        )

    /** `POST /_matrix/client/v3/register/msisdn/requestToken` */
    public suspend fun requestTokenToRegisterMSISDN(
        clientSecret: String,
        country: String,
        phoneNumber: String,
        sendAttempt: Long,
        nextLink: String? = null,
        idAccessToken: String? = null,
        idServer: String? = null,
    ): JsonObject =
        call(
            "requestTokenToRegisterMSISDN",
            given(
                "client_secret" to clientSecret,
                "country" to country,
                "phone_number" to phoneNumber,
                "send_attempt" to sendAttempt,
                "next_link" to nextLink,
                "id_access_token" to idAccessToken,
                "id_server" to idServer,
            ),
        )

    /** `POST /_matrix/client/v3/account/password/email/requestToken` */
    public suspend fun requestTokenToResetPasswordEmail(
        clientSecret: String,
        email: String,
        sendAttempt: Long,
        nextLink: String? = null,
        idAccessToken: String? = null,
        idServer: String? = null,
    ): JsonObject =
        call(
            "requestTokenToResetPasswordEmail",
            given(
                "client_secret" to clientSecret,
                "email" to email,
                "send_attempt" to sendAttempt,
                "next_link" to nextLink,
                "id_access_token" to idAccessToken,
                "id_server" to idServer,
            ),
        )

    /** `POST /_matrix/client/v3/account/password/msisdn/requestToken` */
    public suspend fun requestTokenToResetPasswordMSISDN(
        clientSecret: String,
        country: String,
        phoneNumber: String,
        sendAttempt: Long,
        nextLink: String? = null,
        idAccessToken: String? = null,
        idServer: String? = null,
    ): JsonObject =
        call(
            "requestTokenToResetPasswordMSISDN",
            given(
                "client_secret" to clientSecret,
                "country" to country,
                "phone_number" to phoneNumber,
                "send_attempt" to sendAttempt,
                "next_link" to nextLink,
                "id_access_token" to idAccessToken,
                "id_server" to idServer,
            ),
        )

    /** `POST /_matrix/client/v3/account/3pid/email/requestToken` */
    public suspend fun requestTokenTo3PIDEmail(
        clientSecret: String,
        email: String,
        sendAttempt: Long,
        nextLink: String? = null,
        idAccessToken: String? = null,
        idServer: String? = null,
    ): JsonObject =
        call(
            "requestTokenTo3PIDEmail",
            given(
                "client_secret" to clientSecret,
                "email" to email,
                "send_attempt" to sendAttempt,
                "next_link" to nextLink,
                "id_access_token" to idAccessToken,
                "id_server" to idServer,
            ),
        )

    /** `POST /_matrix/client/v3/account/3pid/msisdn/requestToken` */
    public suspend fun requestTokenTo3PIDMSISDN(
        clientSecret: String,
        country: String,
        phoneNumber: String,
        sendAttempt: Long,
        nextLink: String? = null,
        idAccessToken: String? = null,
        idServer: String? = null,
    ): JsonObject =
        call(
            "requestTokenTo3PIDMSISDN",
            given(
                "client_secret" to clientSecret,
                "country" to country,
                "phone_number" to phoneNumber,
                "send_attempt" to sendAttempt,
                "next_link" to nextLink,
                "id_access_token" to idAccessToken,
                "id_server" to idServer,
            ),
        )

    /** `POST /_matrix/client/v3/account/password` */
    public suspend fun changePassword(
        newPassword: String,
        logoutDevices: Boolean? = null,
        auth: Map<String, Any?>? = null,
    ): JsonObject =
        call(
            "changePassword",
            given(
                "new_password" to newPassword,
                "logout_devices" to logoutDevices,
                "auth" to auth,
            ),
        )

    /** `POST /_matrix/client/v3/account/deactivate` */
    public suspend fun deactivateAccount(
        auth: Map<String, Any?>? = null,
        erase: Boolean? = null,
        idServer: String? = null,
    ): JsonObject =
        call(
            "deactivateAccount",
            given(
                "auth" to auth,
                "erase" to erase,
                "id_server" to idServer,
            ),
        )

    /** `GET /_matrix/client/v3/account/3pid` */
    public suspend fun getAccount3PIDs(): JsonObject =
        call("getAccount3PIDs", emptyMap())

    /** `POST /_matrix/client/v3/account/3pid/add` */
    public suspend fun add3PID(
        clientSecret: String,
        sid: String,
        auth: Map<String, Any?>? = null,
    ): JsonObject =
        call(
            "add3PID",
            given(
                "auth" to auth,
                "client_secret" to clientSecret,
                "sid" to sid,
            ),
        )

    /** `POST /_matrix/client/v3/account/3pid/bind` */
    public suspend fun bind3PID(
        clientSecret: String,
        idAccessToken: String,
        idServer: String,
        sid: String,
    ): JsonObject =
        call(
            "bind3PID",
            given(
                "client_secret" to clientSecret,
                "id_access_token" to idAccessToken,
                "id_server" to idServer,
                "sid" to sid,
            ),
        )

    /** `POST /_matrix/client/v3/account/3pid/unbind` */
    public suspend fun unbind3pidFromAccount(
        address: String,
        medium: String,
        idServer: String? = null,
    ): JsonObject =
        call(
            "unbind3pidFromAccount",
            given(
                "address" to address,
                "id_server" to idServer,
                "medium" to medium,
            ),
        )

    /** `POST /_matrix/client/v3/account/3pid/delete` */
    public suspend fun delete3pidFromAccount(
        address: String,
        medium: String,
        idServer: String? = null,
    ): JsonObject =
        call(
            "delete3pidFromAccount",
            given(
                "address" to address,
                "id_server" to idServer,
                "medium" to medium,
            ),
        )

}
