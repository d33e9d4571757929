package readme;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import matrix.capi.MatrixClient;
import matrix.capi.MatrixRequest;
import matrix.capi.MatrixResult;

public final class JavaRequest {
    private JavaRequest() {}

    /** The bytes of a file, from an endpoint whose answer is not JSON. */
    public static CompletableFuture<byte[]> download(MatrixClient client, String serverName, String mediaId) {
        MatrixRequest request = MatrixRequest.custom("GET", "/_matrix/client/v1/media/download/{serverName}/{mediaId}")
                .set("serverName", serverName)
                .set("mediaId", mediaId)
                .setTimeout(Duration.ofMinutes(2));
        return client.futures().send(request).thenApply(MatrixResult::getBody);
    }
}
