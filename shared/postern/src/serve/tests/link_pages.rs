//! The page of a link: who gets it, what it counts, and what it leads to.

use super::*;
use crate::link::PageMode;
use crate::serve::page_id::PageId;

/// A browser that opens the link in a tab.
const TAB: Headers<'_> = Headers { sec_fetch_dest: "document", ..BROWSER };

/// What a page's markup asks for.
const IMAGE: Headers<'_> = Headers { sec_fetch_dest: "image", accept: "image/*,*/*;q=0.8", ..BROWSER };

/// The id in what a page embeds.
fn id_of(page: &Reply) -> String {
    page.body.split("src=\"?page=").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

fn id_in_form(page: &Reply) -> String {
    page.body.split("name=\"page\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

fn shown(id: &str) -> Query<'_> {
    Query { page: id, ..Query::default() }
}

fn saved(id: &str) -> Query<'_> {
    Query { download: true, page: id, ..Query::default() }
}

const SHOWN: Query<'_> = Query { download: false, show: true, page: "" };
const SAVED: Query<'_> = Query { download: true, show: false, page: "" };

impl World {
    async fn ask(&self, now: &str, query: Query<'_>, headers: Headers<'_>) -> Result<Reply, Problem> {
        self.answer(&LinkRequest { now: at(now), query, ..self.asked(headers) }).await
    }

    async fn show(&self, headers: Headers<'_>) -> Reply {
        let page = self.ask(NOW, Query::default(), headers).await.unwrap();
        assert_eq!((page.status, page.header("location")), (StatusCode::OK, None));
        page
    }

    /// The link with another type of content.
    async fn with_type(link_terms: LinkTerms, sniffed_type: &str) -> Self {
        let world = Self::with(link_terms, None).await;
        let link = world.link().await;
        let fresh = MemoryWorld::default();
        fresh.create(&pending()).await.unwrap();
        fresh.settle(pending().upload_id, &pin("v1"), None).await.unwrap();
        fresh.create_link(&Link { sniffed_type: sniffed_type.parse().unwrap(), ..link }).await.unwrap();
        Self { ports: Ports { links: fresh, ..world.ports }, ..world }
    }
}

fn location(reply: &Reply) -> &str {
    reply.header("location").unwrap()
}

#[tokio::test]
async fn a_tab_gets_the_page_and_everything_else_the_file() {
    let world = World::with(LinkTerms::default(), None).await;
    let calls = world.ports.links.calls();
    let page = world.show(TAB).await;
    assert_eq!(world.ports.links.calls() - calls, 1, "one read");
    assert!(page.body.contains("<img src=\"?show=1\"") && page.header("set-cookie").is_none());
    let old = Headers { sec_fetch_dest: "", ..TAB };
    assert!(world.show(old).await.body.contains("<h1><bdi>photo.png</bdi></h1>"));
    for (query, headers) in [
        (SHOWN, IMAGE),
        (SHOWN, BROWSER),
        (SHOWN, old),
        (SAVED, TAB),
        (SAVED, old),
        (Query::default(), Headers { accept: "*/*", ..old }),
        (Query::default(), Headers::default()),
        (Query::default(), Headers { sec_fetch_dest: "video", ..TAB }),
        (Query::default(), Headers { sec_fetch_dest: "empty", ..TAB }),
    ] {
        let opened = world.ask(NOW, query, headers).await.unwrap();
        assert_eq!(opened.status, StatusCode::FOUND);
        let disposition = if query.download { "attachment" } else { "inline" };
        assert!(location(&opened).contains(&format!("response-content-disposition={disposition}%3B")));
        assert_eq!(opened.header("vary"), Some("accept, sec-fetch-dest"));
    }
    assert!(world.ask(NOW, SHOWN, TAB).await.unwrap().body.contains("<h1>"), "the image in a tab of its own");
}

#[tokio::test]
async fn a_page_counts_nothing_and_what_it_shows_and_saves_counts_once() {
    let world = World::with(at_most(2), None).await;
    let page = world.show(TAB).await;
    let id = id_of(&page);
    assert_eq!((world.link().await.opens, id_in_form(&page)), (0, id.clone()));
    let calls = world.ports.links.calls();
    let shown_first = world.ask(NOW, shown(&id), IMAGE).await.unwrap();
    assert_eq!(world.ports.links.calls() - calls, 1, "an opening waits for one call");
    assert_eq!((shown_first.status, world.link().await.opens), (StatusCode::FOUND, 1));
    for (query, headers) in [(shown(&id), IMAGE), (saved(&id), TAB), (saved(&id), TAB)] {
        assert_eq!(world.ask(NOW, query, headers).await.unwrap().status, StatusCode::FOUND);
    }
    assert_eq!(world.link().await.opens, 1);
    let other = id_of(&world.show(TAB).await);
    assert_ne!(other, id, "another page");
    assert!(location(&world.ask(NOW, saved(&other), TAB).await.unwrap()).contains("=attachment"));
    assert_eq!(world.link().await.opens, 2);
    assert_eq!(code(world.ask(NOW, Query::default(), TAB).await), "link_used_up");
    assert_eq!(code(world.ask(NOW, shown("1.2.3"), IMAGE).await), "link_used_up", "no page of ours");
}

#[tokio::test]
async fn a_page_of_a_used_up_link_goes_on_with_its_cookie() {
    let world = World::with(at_most(1), None).await;
    let id = id_of(&world.show(TAB).await);
    let cookies = &cookie(&world.ask(NOW, shown(&id), IMAGE).await.unwrap());
    let tab = Headers { cookies, ..TAB };
    assert!(world.show(tab).await.body.contains("<img src=\"?page="));
    let (late, over) = ("2026-11-24T10:45:59Z", "2026-11-24T10:46:00Z");
    assert_eq!(world.ask(late, Query::default(), tab).await.unwrap().status, StatusCode::OK);
    assert_eq!(code(world.ask(over, Query::default(), tab).await), "link_used_up");
    world.revoke().await;
    assert_eq!(code(world.ask(NOW, Query::default(), tab).await), "link_revoked");
}

/// A reload that breaks the first load off, before the browser has the resume cookie.
#[tokio::test]
async fn a_page_after_a_reload_is_the_same_opening() {
    let world = World::with(at_most(1), None).await;
    let page = world.show(TAB).await;
    let cookies = &cookie(&page);
    assert!(page.header("set-cookie").unwrap().contains("; Path=/l/x; Max-Age=900; Secure; HttpOnly"));
    let again = world.show(Headers { cookies, ..TAB }).await;
    assert_eq!((id_of(&again), again.header("set-cookie")), (id_of(&page), None));
    for page in [&page, &again] {
        assert_eq!(world.ask(NOW, shown(&id_of(page)), IMAGE).await.unwrap().status, StatusCode::FOUND);
    }
    assert_eq!(world.link().await.opens, 1);
}

/// The last opening was counted and its answer was lost. So the browser has the page's cookie only.
#[tokio::test]
async fn a_page_after_a_lost_answer_is_the_same_opening() {
    for link_terms in [
        at_most(1),
        LinkTerms { page: Some(PageMode::Never), ..at_most(1) },
        LinkTerms { confirm: true, ..at_most(1) },
        LinkTerms { max_opens: Some(1), ..with_password() },
    ] {
        let world = World::with(link_terms.clone(), None).await;
        let asked = world.asked(TAB);
        let text = PageId::seal(&world.ports.keys, &world.link().await.link_id, at(NOW), asked.entropy);
        let cookies = &format!("{}={text}", "__Secure-postern-again");
        let tab = Headers { cookies, ..TAB };
        let counted = match link_terms.confirm || link_terms.password_hash.is_some() {
            true => {
                let body = format!("page={text}");
                let password = link_terms.password_hash.as_ref().map_or("", |_| "&password=open+sesame");
                world.request(NOW, Method::Post, &(body + password), TAB).await
            }
            false => world.ask(NOW, shown(&text), IMAGE).await,
        };
        assert!(counted.is_ok() && world.link().await.opens == 1, "{link_terms:?}");
        let again = world.ask(NOW, Query::default(), tab).await.unwrap();
        let status = if link_terms.page.is_some() { StatusCode::FOUND } else { StatusCode::OK };
        assert_eq!(again.status, status, "{link_terms:?}");
        let resumed = &cookie(&again);
        assert!(resumed.starts_with("__Secure-postern-opened="), "{resumed}");
        let resumed = Headers { cookies: resumed, ..TAB };
        assert_eq!(world.ask(NOW, SAVED, resumed).await.unwrap().status, StatusCode::FOUND);
        assert_eq!(world.link().await.opens, 1);
        let used_up = if link_terms.password_hash.is_some() { "a password" } else { "a page" };
        assert_eq!(code(world.ask(NOW, Query::default(), TAB).await), "link_used_up", "without {used_up}");
        let late = "2026-11-24T10:45:00Z";
        assert_eq!(code(world.ask(late, Query::default(), tab).await), "link_used_up", "{link_terms:?}");
        world.revoke().await;
        assert_eq!(code(world.ask(NOW, Query::default(), tab).await), "link_revoked");
    }
}

/// Somebody who has the page copies the address of what it shows, or makes one with the id of its form.
#[tokio::test]
async fn the_id_of_a_page_is_no_password_and_no_opening_without_its_cookie() {
    for link_terms in [
        LinkTerms { max_opens: Some(5), ..with_password() },
        LinkTerms { confirm: true, ..at_most(5) },
        at_most(1),
    ] {
        let world = World::with(link_terms.clone(), None).await;
        let text = PageId::seal(&world.ports.keys, &world.link().await.link_id, at(NOW), entropy());
        let body = format!("page={text}&password=open+sesame");
        let body = if link_terms.password_hash.is_some() { &body } else { body.split_once('&').unwrap().0 };
        assert!(world.request(NOW, Method::Post, body, TAB).await.is_ok());
        let refused = match (&link_terms.password_hash, link_terms.confirm) {
            (Some(_), _) => "password_required",
            (None, true) => "confirmation_required",
            (None, false) => "link_used_up",
        };
        let tag = "\"x\"";
        for headers in [Headers { if_none_match: tag, ..Headers::default() }, TAB] {
            match world.ask(NOW, shown(&text), headers).await {
                Ok(page) => assert!(link_terms.confirm && page.body.contains("method=\"post\"")),
                Err(problem) => assert_eq!(problem.code(), refused, "{link_terms:?}"),
            }
        }
        assert_eq!(world.link().await.opens, 1);
    }
}

#[tokio::test]
async fn a_page_without_openings_in_this_hour_says_so() {
    let world = World::with(LinkTerms { max_opens_per_hour: Some(1), ..LinkTerms::default() }, None).await;
    let id = id_of(&world.show(TAB).await);
    let cookies = &cookie(&world.ask(NOW, shown(&id), IMAGE).await.unwrap());
    assert_eq!(code(world.ask(NOW, Query::default(), TAB).await), "link_busy");
    assert_eq!(world.show(Headers { cookies, ..TAB }).await.status, StatusCode::OK, "the same opening");
    let next_hour = "2026-11-24T11:00:00Z";
    assert_eq!(world.ask(next_hour, Query::default(), TAB).await.unwrap().status, StatusCode::OK);
}

/// The link may lead to another file meanwhile, and the page that is loaded then must show that file.
#[tokio::test]
async fn what_a_page_asks_for_is_not_kept() {
    let world = World::with(LinkTerms { redirect_max_age_s: Some(30), ..LinkTerms::default() }, None).await;
    for (query, headers) in [(SHOWN, IMAGE), (SAVED, TAB)] {
        let opened = world.ask(NOW, query, headers).await.unwrap();
        assert_eq!(opened.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn fifty_pages_of_a_link_with_five_openings_open_five() {
    let world = World::with(at_most(5), None).await;
    let pages = futures::future::join_all((0..50).map(|_| world.show(TAB))).await;
    let ids: Vec<_> = pages.iter().map(id_of).collect();
    let opener = async |id: &str| {
        let twice = [world.ask(NOW, shown(id), IMAGE), world.ask(NOW, saved(id), TAB)];
        futures::future::join_all(twice).await.into_iter().flatten().count()
    };
    let opened = futures::future::join_all(ids.iter().map(|id| opener(id))).await;
    assert_eq!((opened.iter().filter(|granted| **granted == 2).count(), world.link().await.opens), (5, 5));
}

#[tokio::test]
async fn a_form_leads_back_to_the_page_where_the_browser_keeps_cookies() {
    for link_terms in [with_password(), LinkTerms { confirm: true, ..at_most(1) }] {
        let world = World::with(link_terms.clone(), None).await;
        let asked = world.asked(TAB);
        let page = match world.answer(&asked).await {
            Ok(page) => page,
            Err(problem) => {
                page_of_problem(&world.ports.keys, &world.settings, &asked, &problem, "r").unwrap()
            }
        };
        let body = format!("password=open+sesame&page={}", id_in_form(&page));
        let body = if link_terms.confirm { body.split_once('&').unwrap().1.to_owned() } else { body };
        let without = world.request(NOW, Method::Post, &body, TAB).await.unwrap();
        assert!(location(&without).contains("X-Amz-Signature"), "a client without cookies gets the file");
        let cookies = &cookie(&page);
        let form = Headers { cookies, ..TAB };
        let opened = world.request(NOW, Method::Post, &body, form).await.unwrap();
        assert_eq!((opened.status, location(&opened)), (StatusCode::SEE_OTHER, "/l/x"));
        let cookies = &cookie(&opened);
        let shown = world.show(Headers { cookies, ..TAB }).await;
        assert!(shown.body.contains("<img src="), "{}", shown.body);
        let query = SHOWN;
        let image = world.ask(NOW, query, Headers { cookies, ..IMAGE }).await.unwrap();
        assert_eq!((image.status, world.link().await.opens), (StatusCode::FOUND, 1));
        assert!(world.ask(NOW, SHOWN, IMAGE).await.is_err(), "without the cookie it is closed");
    }
}

#[tokio::test]
async fn a_file_that_is_saved_has_a_page_only_where_the_owner_says_so() {
    let saved_type = "application/zip";
    let world = World::with_type(LinkTerms::default(), saved_type).await;
    assert_eq!(world.ask(NOW, Query::default(), TAB).await.unwrap().status, StatusCode::FOUND);
    let always = LinkTerms { page: Some(PageMode::Always), ..LinkTerms::default() };
    let page = World::with_type(always, saved_type).await.show(TAB).await;
    assert!(page.body.contains("name=\"download\"") && !page.body.contains("<iframe"));
    let never = LinkTerms { page: Some(PageMode::Never), ..LinkTerms::default() };
    let world = World::with(never, None).await;
    assert_eq!(world.ask(NOW, Query::default(), TAB).await.unwrap().status, StatusCode::FOUND);
}

#[tokio::test]
async fn the_stack_decides_where_the_owner_says_nothing() {
    for (mode, sniffed_type, status) in [
        (PageMode::Never, "image/png", StatusCode::FOUND),
        (PageMode::Always, "application/zip", StatusCode::OK),
    ] {
        let mut world = World::with_type(LinkTerms::default(), sniffed_type).await;
        world.settings.pages.mode = mode;
        assert_eq!(world.ask(NOW, Query::default(), TAB).await.unwrap().status, status);
    }
    let auto = LinkTerms { page: Some(PageMode::Auto), ..LinkTerms::default() };
    let mut world = World::with(auto, None).await;
    world.settings.pages.mode = PageMode::Never;
    world.show(TAB).await;
}

#[tokio::test]
async fn previewers_get_the_card_and_never_count() {
    let bot = Headers { user_agent: "Slackbot-LinkExpanding 1.0", accept: "*/*", ..Headers::default() };
    let world = World::with(LinkTerms::default(), None).await;
    assert!(world.show(bot).await.body.contains("og:title"));
    assert_eq!(world.ask(NOW, SHOWN, bot).await.unwrap().status, StatusCode::FOUND, "the card's image");
    let world = World::with(at_most(1), None).await;
    let page = world.show(bot).await;
    assert!(page.body.contains("og:title") && !page.body.contains("og:image"));
    for query in [shown(&id_in_form(&page)), saved(&id_in_form(&page))] {
        assert_eq!(world.ask(NOW, query, bot).await.unwrap().status, StatusCode::OK);
    }
    let prerender = Headers { purpose: "prefetch;prerender", ..TAB };
    assert!(world.show(prerender).await.body.contains("method=\"post\""), "a button, and nothing that loads");
    assert_eq!(world.link().await.opens, 0);
}

#[tokio::test]
async fn the_page_of_a_tracked_link_is_counted_once_by_its_id_and_is_not_called_limited() {
    let world = World::with(LinkTerms { track: true, ..LinkTerms::default() }, None).await;
    let page = world.show(TAB).await;
    assert_eq!(world.link().await.opens, 0, "the page alone opens nothing");
    assert!(!page.body.contains("limited number of openings"), "{}", page.body);
    let id = id_of(&page);
    for query in [shown(&id), shown(&id), saved(&id)] {
        assert_eq!(world.ask(NOW, query, IMAGE).await.unwrap().status, StatusCode::FOUND);
        assert_eq!(world.link().await.opens, 1, "one page is one opening");
    }
}
