alter table query_versions enable row level security;
create policy query_versions_scope on query_versions
    using ((select app_is_system()) or query_id in (select id from queries));

alter table query_favourites enable row level security;
create policy query_favourites_scope on query_favourites
    using ((select app_is_system()) or person_id = (select app_person()))
    with check ((select app_is_system()) or (person_id = (select app_person()) and query_id in (select id from queries)));
