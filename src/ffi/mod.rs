//! matrix-capi: the Matrix client-server API (https://spec.matrix.org) for every program that can
//! call C, and the whole way back into a lost account.
//!
//! PATTERN OF USE
//!
//!     static void done(mx_result *result, void *user_data) {
//!       if (mx_result_status(result) == MX_OK)
//!         printf("mail is on its way, sid %s\n", mx_result_string(result, "/sid"));
//!       else
//!         printf("%s\n", mx_result_message(result));
//!       mx_result_free(result);
//!     }
//!
//!     mx_client *client = NULL;
//!     char secret[MX_CLIENT_SECRET_SIZE];
//!     if (mx_client_new("https://matrix.example", NULL, &client, NULL) == MX_OK &&
//!         mx_generate_client_secret(secret, sizeof secret) == MX_OK)
//!       mx_request_token_to_reset_password_email(client, secret, "alice@example.org", 1,
//!                                                NULL, NULL, NULL, done, NULL, NULL);
//!     ...
//!     mx_client_free(client);
//!
//! CONVENTIONS
//!
//! Calls. A function that starts an operation returns MX_OK once it has accepted it. From then on
//! exactly one result comes, whatever happens: an answer, a failure, a cancellation. It comes to
//! the callback, or to the queue where the client has one, and never inside the call that started
//! it. Any other status is a refusal: nothing was started, no result will come, and
//! mx_refusal_message() says why.
//!
//! Types. Opaque structs, fixed-width integers, bool, C strings and two callback types. There are
//! no public struct layouts, so everything can grow without breaking you.
//!
//! Strings in are UTF-8 ended by NUL, and are copied before the function returns. Strings out are
//! the same; they belong to the object they were read from and are valid as long as it lives.
//!
//! Objects. What mx_X_new gives you, and every mx_result that reaches you, is yours: give it back
//! once with mx_X_free. Every free function ignores NULL. No string is ever yours to free.
//!
//! NULL is taken only where a parameter is called nullable; elsewhere the answer is
//! MX_ERR_NULL_ARGUMENT. Getters answer NULL, false, 0 or a status for a NULL object.
//!
//! Threads. Every function may be called from any thread at any time, except those called
//! exclusive: nothing else may use the object while they run, or after.
//!
//! Fork. In a child forked while clients or queues were alive, functions that make, start, change or
//! wait for something answer MX_ERR_FORKED, free functions leak on purpose, and getters still read.
//! A child forked while there were none starts afresh. exec() is fine.

#![allow(
    clippy::missing_safety_doc,
    reason = "the header states the rules for all functions at once"
)]
#![allow(non_camel_case_types, reason = "these are the names of the C interface")]

mod account;
mod boundary;
mod call;
mod client;
mod discovery;
mod library;
mod log;
mod options;
mod password_reset;
mod queue;
mod request;
mod result;
mod status;
mod token;
mod value;

pub use account::*;
pub use call::*;
pub use client::*;
pub use discovery::*;
pub use library::*;
pub use log::*;
pub use options::*;
pub use password_reset::*;
pub use queue::*;
pub use request::*;
pub use result::*;
pub use status::*;
pub use token::*;
pub use value::*;
