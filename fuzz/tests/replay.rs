//! Runs every target over its seeds and over what was found, without a fuzzer.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panic")]

mod common;

use common::replay;
use matrix_capi_fuzz as fuzz;

#[test]
fn every_seed_and_find_of_response_holds() {
    replay("response", fuzz::response::run);
}

#[test]
fn every_seed_and_find_of_http_holds() {
    replay("http", fuzz::http::run);
}

#[test]
fn every_seed_and_find_of_params_holds() {
    replay("params", fuzz::params::run);
}

#[test]
fn every_seed_and_find_of_pointer_holds() {
    replay("pointer", fuzz::pointer::run);
}

#[test]
fn every_seed_and_find_of_json_holds() {
    replay("json", fuzz::json::run);
}

#[test]
fn every_seed_and_find_of_requests_holds() {
    replay("requests", fuzz::requests::run);
}

#[test]
fn every_seed_and_find_of_saved_holds() {
    replay("saved", fuzz::saved::run);
}

#[test]
fn every_seed_and_find_of_well_known_holds() {
    replay("well_known", fuzz::well_known::run);
}

#[test]
fn every_seed_and_find_of_urls_holds() {
    replay("urls", fuzz::urls::run);
}
