// The binding as Java sees it: futures, options by setters, exceptions by class.
package readme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import kotlinx.serialization.json.JsonElement;
import kotlinx.serialization.json.JsonObject;
import kotlinx.serialization.json.JsonPrimitive;
import matrix.capi.ClientOptions;
import matrix.capi.MatrixCapi;
import matrix.capi.MatrixClient;
import matrix.capi.MatrixException;
import matrix.capi.MatrixRequest;
import matrix.capi.MatrixResult;
import matrix.capi.PasswordReset;
import matrix.capi.ResetStage;
import matrix.capi.Script;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class JavaTest {
    @AfterEach
    void nothingIsLeft() {
        assertEquals(0, MatrixCapi.getLiveObjects());
    }

    @Test
    @DisplayName("a future ends with the answer, and optional parameters may be left out")
    void answer() {
        try (Script script = new Script("[{\"json\": {\"user_id\": \"@a:b\", \"access_token\": \"t\"}}]");
                MatrixClient client = new MatrixClient(script.getUrl())) {
            Map<String, Object> identifier = Map.of("type", "m.id.user", "user", "alice");
            JsonObject answer = client.futures().login("m.login.password", identifier, "password").join();
            assertEquals("\"@a:b\"", String.valueOf(answer.get("user_id")));
            client.futures().call("login", Map.of("type", "m.login.token", "token", "t")).join();
            List<String> bodies = script.state().getRequests().stream()
                    .map(request -> String.valueOf(request.get("body")))
                    .collect(Collectors.toList());
            assertTrue(bodies.get(0).contains("m.id.user"));
            assertTrue(bodies.get(1).contains("m.login.token"));
        }
    }

    @Test
    @DisplayName("a future fails with the exception of its status, with errcode, HTTP status and delay")
    void failure() {
        String limited = "{\"errcode\": \"M_LIMIT_EXCEEDED\", \"error\": \"slow\", \"retry_after_ms\": 60000}";
        ClientOptions options = new ClientOptions();
        options.setTimeoutMillis(10_000);
        options.setAccessToken("token");
        try (Script script = new Script("[{\"status\": 429, \"json\": " + limited + "}]");
                MatrixClient client = new MatrixClient(script.getUrl(), options)) {
            CompletionException thrown =
                    assertThrows(CompletionException.class, () -> client.futures().getTokenOwner().join());
            MatrixException.Matrix refused = assertInstanceOf(MatrixException.Matrix.class, thrown.getCause());
            assertEquals("M_LIMIT_EXCEEDED", refused.getErrcode());
            assertEquals(429, refused.getHttpStatus());
            assertEquals(60_000L, refused.getRetryAfterMillis());
        }
    }

    @Test
    @DisplayName("a refusal of the constructor can be caught by its class")
    void refusal() {
        assertThrows(MatrixException.InvalidArgument.class, () -> new MatrixClient("http://matrix.example"));
    }

    @Test
    @DisplayName("a request is set field by field, refused at once, and its result has bytes, JSON and headers")
    void request() {
        try (Script script = new Script("[{\"json\": {\"a\": 1}, \"headers\": {\"etag\": \"e\"}}]");
                MatrixClient client = new MatrixClient(script.getUrl())) {
            MatrixRequest request = MatrixRequest.custom("POST", "/_matrix/client/v1/{name}")
                    .set("name", "x y")
                    .set("list", List.of(1, 2))
                    .set("gone", null)
                    .unset("gone")
                    .setTimeout(Duration.ofSeconds(10));
            MatrixResult result = client.futures().send(request).join();
            assertEquals("{\"a\":1}", String.valueOf(result.getJson()));
            assertEquals(200, result.getHttpStatus());
            assertEquals("e", result.header("ETag"));
            assertEquals("{\"list\":[1,2]}", textOf(script.state().getRequests().get(0).get("body")));
            assertThrows(MatrixException.InvalidArgument.class, () -> new MatrixRequest("login").set("pasword", "p"));
            assertThrows(MatrixException.InvalidArgument.class, () -> request.setTimeout(Duration.ZERO));
        }
    }

    @Test
    @DisplayName("a request that lacks a field, or is too slow, fails its future")
    void requestFails() {
        try (Script script = new Script("[{\"hang\": true}]");
                MatrixClient client = new MatrixClient(script.getUrl())) {
            CompletionException lacking = assertThrows(
                    CompletionException.class, () -> client.futures().send(new MatrixRequest("login")).join());
            assertInstanceOf(MatrixException.InvalidArgument.class, lacking.getCause());
            MatrixRequest slow = new MatrixRequest("getVersions").setTimeout(Duration.ofMillis(50));
            CompletionException late =
                    assertThrows(CompletionException.class, () -> client.futures().send(slow).join());
            assertInstanceOf(MatrixException.Deadline.class, late.getCause());
        }
    }

    @Test
    @DisplayName("cancelling a future stops its request within a second")
    void cancelling() throws InterruptedException {
        try (Script script = new Script("[{\"hang\": true}]");
                MatrixClient client = new MatrixClient(script.getUrl())) {
            CompletableFuture<JsonObject> future = client.futures().getVersions();
            waitFor(10_000, () -> script.state().getRequests().size() == 1);
            assertTrue(future.cancel(true));
            waitFor(1_000, () -> script.state().getClosedEarly() == 1);
            assertThrows(CancellationException.class, future::join);
        }
    }

    @Test
    @DisplayName("what depends on a future may wait for another call")
    void dependants() throws Exception {
        try (Script script = new Script("[{\"json\": {\"versions\": []}}]");
                MatrixClient client = new MatrixClient(script.getUrl())) {
            List<CompletableFuture<JsonObject>> nested = IntStream.range(0, 10)
                    .mapToObj(n -> client.futures().getVersions()
                            .thenApply(versions -> client.futures().getVersions().join()))
                    .collect(Collectors.toList());
            for (CompletableFuture<JsonObject> future : nested) {
                assertTrue(future.get(20, TimeUnit.SECONDS).containsKey("versions"));
            }
        }
    }

    @Test
    @DisplayName("the steps of a reset have futures, too")
    void reset() {
        String sid = "{\"status\": 404, \"json\": {\"errcode\": \"M_UNRECOGNIZED\"}}, {\"json\": {\"sid\": \"abc\"}}";
        try (Script script = new Script("[" + sid + "]");
                MatrixClient client = new MatrixClient(script.getUrl());
                PasswordReset reset = new PasswordReset(client, "alice@example.test")) {
            reset.futures().send().join();
            assertEquals(ResetStage.AWAITS_LINK, reset.getStage());
            try (PasswordReset restored = PasswordReset.restore(client, reset.save())) {
                assertEquals(ResetStage.AWAITS_LINK, restored.getStage());
            }
        }
    }

    private static String textOf(JsonElement string) {
        return ((JsonPrimitive) string).getContent();
    }

    private interface Condition {
        boolean holds();
    }

    private static void waitFor(long millis, Condition condition) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (!condition.holds()) {
            assertTrue(System.nanoTime() < until, "it never came");
            Thread.sleep(5);
        }
    }
}
