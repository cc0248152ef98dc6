//! How long URLs and resume cookies live: by the size, the link's own word, and what ends earlier.

use super::*;

/// A world whose link leads to a file of this size.
async fn sized(terms: LinkTerms, size_bytes: u64, end: Option<&str>) -> World {
    let mut world = World::with(terms, end.map(at)).await;
    let link = Link { size_bytes, ..world.link().await };
    world.ports.links = MemoryWorld::default();
    let upload = crate::upload::Upload { owner: link.owner.clone(), ..pending() };
    world.ports.links.create(&upload).await.unwrap();
    world.ports.links.settle(upload.upload_id, &pin("v1"), None).await.unwrap();
    world.ports.links.create_link(&link).await.unwrap();
    world
}

fn own(url_ttl_s: u64) -> LinkTerms {
    LinkTerms { url_ttl_s: Some(url_ttl_s), ..LinkTerms::default() }
}

fn life_s(reply: &Reply) -> u64 {
    let url = reply.header("location").unwrap();
    let (_, rest) = url.split_once("X-Amz-Expires=").unwrap();
    rest.split('&').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_url_lives_longer_for_a_larger_file_and_never_beyond_the_ceiling() {
    for (terms, size_bytes, life) in [
        (LinkTerms::default(), 1000, 60),
        (LinkTerms::default(), 25_000_000, 160),
        (LinkTerms::default(), 1 << 30, 900),
        (own(60), 1 << 30, 60),
        (own(900), 1, 900),
        // The stack's bounds may have changed since.
        (own(5), 1, 60),
        (own(3600), 1, 900),
    ] {
        let world = sized(terms.clone(), size_bytes, None).await;
        assert_eq!(life_s(&world.get(BROWSER).await.unwrap()), life, "{size_bytes} bytes, {terms:?}");
    }
}

#[tokio::test]
async fn a_long_life_ends_with_the_link_and_with_the_session() {
    let world = sized(own(900), 1, Some("2026-11-24T10:35:00Z")).await;
    assert_eq!(life_s(&world.get(BROWSER).await.unwrap()), 300, "the link ends in five minutes");
    let world = sized(own(900), 1, None).await;
    let late = world.request("2026-11-24T11:50:00Z", Method::Get, "", BROWSER).await.unwrap();
    assert_eq!(life_s(&late), 600, "the session ends at twelve");
}

#[tokio::test]
async fn a_distribution_signs_for_the_links_own_life() {
    for (terms, size_bytes, life) in [(own(60), 1, 60), (LinkTerms::default(), 1 << 30, 900)] {
        let mut world = sized(terms, size_bytes, None).await;
        world.settings.distribution = Some(crate::testing::samples::distribution(30));
        let reply = world.get(BROWSER).await.unwrap();
        let end = at(NOW).epoch_s() + life;
        let url = reply.header("location").unwrap();
        assert!(url.contains(&format!("&Expires={end}&")), "{life} s in {url}");
    }
}

#[tokio::test]
async fn a_resume_cookie_lives_longer_where_the_urls_do() {
    for (url_ttl_s, size_bytes, max_age_s) in
        [(None, 1, 960), (Some(900), 1, 1800), (None, 1 << 30, 4294 + 900)]
    {
        let world = sized(LinkTerms { url_ttl_s, ..at_most(1) }, size_bytes, None).await;
        let opened = world.get(BROWSER).await.unwrap();
        let set = opened.header("set-cookie").unwrap();
        assert!(set.contains(&format!("; Max-Age={max_age_s};")), "{set}");
        let cookies = &cookie(&opened);
        let again = Headers { cookies, ..BROWSER };
        let at = |after_s| (at(NOW) + std::time::Duration::from_secs(after_s)).to_string();
        let within = world.request(&at(max_age_s - 1), Method::Head, "", again).await.unwrap();
        assert_eq!(within.status, StatusCode::OK);
        assert_eq!(code(world.request(&at(max_age_s), Method::Head, "", again).await), "link_used_up");
        assert_eq!(world.link().await.opens, 1);
    }
}
