/* The other of two units that include the header. */
#include <matrix_capi.hpp>

int second_unit() {
    int results = 0;
    {
        matrix::Client client("https://localhost");
        client.call("noSuchOperation", "{}", [&](matrix::Result result) {
            results += result.status() == matrix::Status::invalid_argument ? 1 : 0;
        });
    }
    return results;
}
