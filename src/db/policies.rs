//! Checks that row-level security on PostgreSQL is effective: see [`Db::open_locks`].

use super::{Db, Engine, Result, Scope, Single, schema, sql};
use crate::db::transfer;
use crate::ids::{PersonId, Random};

impl Db {
    /// Descriptions of privileges that a new schema needs and the role of this address lacks; empty on SQLite.
    pub async fn lacking_privileges(&self) -> Result<Vec<&'static str>> {
        const CREATE: &str =
            "select coalesce(has_schema_privilege(current_user, current_schema(), 'create'), false) as value";
        const ROLE: &str = "select rolsuper or rolcreaterole or exists(select 1 from pg_roles app \
            where app.rolname = 'recomamp_app') as value from pg_roles where rolname = current_user";
        if self.engine() == Engine::Sqlite {
            return Ok(Vec::new());
        }
        let mut lacking = Vec::new();
        let mut tx = self.read(&Scope::Owner).await?;
        for (text, what) in [(CREATE, "make tables in its schema"), (ROLE, "make the role recomamp_app")] {
            if !sql(text).value::<bool>(&mut tx).await? {
                lacking.push(what);
            }
        }
        Ok(lacking)
    }

    /// Descriptions of gaps in row-level security; empty on SQLite, which has none.
    pub async fn open_locks(&self, random: &Random) -> Result<Vec<String>> {
        const POWERFUL: &str = "select rolname::text as value from pg_roles \
            where rolname = 'recomamp_app' and (rolsuper or rolbypassrls)";
        const OWNED: &str = "select relname::text as value from pg_class \
            where relowner = (select oid from pg_roles where rolname = 'recomamp_app')";
        const UNLOCKED: &str = "select class.relname::text as value from pg_class class \
            join pg_namespace place on place.oid = class.relnamespace \
            where place.nspname = current_schema() and class.relkind = 'r' and not class.relrowsecurity \
            and class.relname <> '_sqlx_migrations'";
        if self.engine() == Engine::Sqlite {
            return Ok(Vec::new());
        }
        let mut open = Vec::new();
        let mut tx = self.read(&Scope::Owner).await?;
        for (text, what) in [
            (POWERFUL, "the role may pass every policy:"),
            (OWNED, "the role recomamp_app owns"),
            (UNLOCKED, "no policy guards"),
        ] {
            let names: Vec<Single<String>> = sql(text).all(&mut tx).await?;
            open.extend(names.into_iter().map(|Single(name)| format!("{what} {name}")));
        }
        let tables = schema::tables(&mut tx).await.map_err(|_| super::Error::Missing)?;
        drop(tx);
        let nobody: PersonId = random.id(chrono::DateTime::UNIX_EPOCH);
        let mut tx = self.read(&Scope::Person(nobody)).await?;
        for table in tables {
            let seen = transfer::count(&mut tx, &table).await?;
            if seen > 0 {
                open.push(format!("nobody sees {seen} rows of {}", table.name));
            }
        }
        Ok(open)
    }
}
