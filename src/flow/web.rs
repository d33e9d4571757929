//! Notices that a server's accounts live on a web page (OAuth 2.0, Matrix 1.15 and later).

use crate::api::{BaseUrl, Outcome, Request, Status, table};
use crate::engine::Call;

/// Asks the server at `base`, or the client's own, for its OAuth metadata. `None` if it has none; an
/// error if that cannot be said.
pub async fn oauth_metadata(
    call: &Call,
    base: Option<&BaseUrl>,
) -> Result<Option<Outcome>, Outcome> {
    let mut request = Request::new(&table::GET_AUTH_METADATA).prepare();
    if let Some(base) = base {
        request = request.map(|request| request.at(base));
    }
    let answer = call.run(request).await;
    match answer.status {
        Status::Ok => Ok(Some(answer)),
        _ if is_unrecognized(&answer) => Ok(None),
        _ => Err(answer),
    }
}

/// Whether a server does not have an endpoint. Proxies answer for servers that they do not route
/// to, so the status counts as much as the errcode.
pub fn is_unrecognized(answer: &Outcome) -> bool {
    matches!(answer.http_status, 404 | 405)
        && matches!(answer.errcode.as_deref(), None | Some("M_UNRECOGNIZED"))
}

/// The metadata as the outcome that sends the person to the web.
pub fn web_required(metadata: Outcome) -> Outcome {
    let page = metadata.text("/account_management_uri").filter(|page| !page.is_empty());
    let page = page.unwrap_or("its issuer's page");
    let message = format!("this server's accounts are managed on the web: {page}");
    metadata.judged(Status::WebRequired, message)
}
