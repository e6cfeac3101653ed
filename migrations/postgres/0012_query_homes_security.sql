-- Who sees a query: its owner; the people of the instance that is its home; everyone, where its home is that.
-- Who writes it: its owner; analysts and managers of its home; administrators, where its home is everyone.

create function app_writes_query(owner_id text, home text, home_instance_id text) returns boolean language sql stable as
$$ select app_is_system() or owner_id = app_person()
    or (home = 'instance' and exists (select 1 from instance_access a where a.instance_id = home_instance_id
        and a.person_id = app_person() and a.role in ('analyst', 'manager')))
    or (home = 'everyone' and exists (select 1 from people p where p.id = app_person() and p.role = 'administrator')) $$;

drop policy queries_scope on queries;
create policy queries_read on queries for select using ((select app_is_system()) or owner_id = (select app_person())
    or home = 'everyone' or (home = 'instance' and home_instance_id in (select app_instances())));
create policy queries_add on queries for insert with check ((select app_is_system())
    or (owner_id = (select app_person()) and (home <> 'instance' or exists (select 1 from instance_access a
        where a.instance_id = home_instance_id and a.person_id = (select app_person()) and a.role in ('analyst', 'manager')))));
create policy queries_change on queries for update using (app_writes_query(owner_id, home, home_instance_id))
    with check (app_writes_query(owner_id, home, home_instance_id));
create policy queries_remove on queries for delete using (app_writes_query(owner_id, home, home_instance_id));
alter table queries drop column instance_id;

drop policy query_versions_scope on query_versions;
create policy query_versions_read on query_versions for select
    using ((select app_is_system()) or query_id in (select id from queries));
create policy query_versions_add on query_versions for insert with check ((select app_is_system())
    or exists (select 1 from queries q where q.id = query_id and app_writes_query(q.owner_id, q.home, q.home_instance_id)));
create policy query_versions_remove on query_versions for delete using ((select app_is_system())
    or exists (select 1 from queries q where q.id = query_id and app_writes_query(q.owner_id, q.home, q.home_instance_id)));
