-- Invitations are read and changed by the program alone, after its own look at who asks.
alter table invitations enable row level security;
create policy invitations_change on invitations using ((select app_is_system()));

-- A public link is its own scope: it sees the one execution or report that it shows, and nothing else.
create function app_is_link() returns boolean language sql stable as $$ select app_person() like 'lnk\_%' $$;
create function app_link_execution() returns text language sql stable security definer
set search_path from current as
$$ select execution_id from public_links where id = app_person() and revoked_at is null $$;
create function app_link_report() returns text language sql stable security definer
set search_path from current as
$$ select report_id from public_links where id = app_person() and revoked_at is null $$;

alter table public_links enable row level security;
create policy public_links_scope on public_links
    using ((select app_is_system()) or person_id = (select app_person()));
create policy public_links_open on public_links for select using (id = (select app_person()));
create policy public_links_manage on public_links for select using (execution_id in
    (select id from executions where instance_id in (select app_instances_as('manager'))));

create policy executions_link on executions for select using (id = (select app_link_execution()));
create policy guide_reports_link on guide_reports for select using (id = (select app_link_report()));
-- What everyone sees, and what follows from an execution, is for people.
create policy execution_events_people on execution_events as restrictive for select using (not (select app_is_link()));
create policy queries_people on queries as restrictive for select using (not (select app_is_link()));

alter table backups enable row level security;
create policy backups_change on backups using ((select app_is_system()));
alter table usage_days enable row level security;
create policy usage_days_change on usage_days using ((select app_is_system()));
