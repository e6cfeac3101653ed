//! The number of unread messages of the requesting person, for the bell on each page.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::store;
use crate::db::{self, Memo, Stamp};
use crate::ids::PersonId;
use crate::web::shell::Unread;
use crate::web::{self, Person, Site};

/// The maximum number of people whose count is cached; if there are more, the cache is cleared.
const MOST: usize = 20_000;

/// The counts, each cached until messages change; cheap to clone.
#[derive(Clone, Debug)]
pub struct UnreadCount {
    site: Site,
    known: Memo<PersonId, Unread>,
}

impl UnreadCount {
    /// Creates an empty cache.
    pub fn new(site: Site) -> Self {
        let known = Memo::new(site.db.clone(), MOST);
        Self { site, known }
    }

    async fn of(&self, person: &Person) -> db::Result<Unread> {
        if let Some(unread) = self.known.get(&person.id) {
            return Ok(unread);
        }
        let mut tx = self.site.db.read(&person.scope()).await?;
        let unread = Unread(store::unread(&mut tx, &person.id, Unread::MOST).await?);
        self.known.insert(person.id.clone(), Stamp::of(&tx), unread);
        Ok(unread)
    }
}

/// Adds the count to the request. OK to omit it on errors, so that the page is still shown.
pub async fn count_unread(
    State(count): State<UnreadCount>,
    person: Option<Person>,
    mut request: Request,
    next: Next,
) -> web::Result<Response> {
    if let Some(person) = person {
        match count.of(&person).await {
            Ok(unread) => {
                request.extensions_mut().insert(unread);
            }
            Err(error) => tracing::debug!(%error, "unread messages were not counted"),
        }
    }
    Ok(next.run(request).await)
}
