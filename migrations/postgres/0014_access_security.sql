-- Row-level security states roles: a viewer reads, an analyst writes and runs, a manager changes the instance; and
-- nobody changes what they themselves may do.

-- The instances on which the named person may do what needs at least this role.
create function app_instances_as(needed text) returns setof text language sql stable security definer
set search_path from current as
$$ select instance_id from instance_access where person_id = app_person()
    and case role when 'manager' then 3 when 'analyst' then 2 else 1 end
        >= case needed when 'manager' then 3 when 'analyst' then 2 else 1 end $$;

alter table access_grants enable row level security;
-- Access is given and ended by the program alone, after its own look at who asks.
create policy access_grants_scope on access_grants for select
    using ((select app_is_system()) or person_id = (select app_person()) or instance_id in (select app_instances()));
create policy access_grants_change on access_grants using ((select app_is_system()));

drop policy instance_access_scope on instance_access;
create policy instance_access_scope on instance_access for select
    using ((select app_is_system()) or person_id = (select app_person()) or instance_id in (select app_instances()));
create policy instance_access_change on instance_access using ((select app_is_system()));
-- Taking an instance off one's own list is all that a person changes in their row.
create policy instance_access_own on instance_access for update using (person_id = (select app_person()));

-- Whether a row of somebody's access is as it is stored, but for whether it is on their list. It sees the row as it
-- was before the statement.
create function app_keeps_access(instance text, person text, new_role text, new_source text, new_end timestamptz,
    new_connection text) returns boolean language sql stable security definer
set search_path from current as
$$ select exists (select 1 from instance_access was where was.instance_id = instance and was.person_id = person
    and was.role = new_role and was.source = new_source and was.ends_at is not distinct from new_end
    and was.connection_id is not distinct from new_connection) $$;
alter policy instance_access_own on instance_access with check (person_id = (select app_person())
    and app_keeps_access(instance_id, person_id, role, source, ends_at, connection_id));

-- People are let in, given roles, suspended and removed by the program alone, after its own look at who asks.
drop policy people_scope on people;
create policy people_scope on people for select
    using ((select app_is_system()) or id = (select app_person()) or id in (select app_colleagues()));
create policy people_change on people using ((select app_is_system()));

drop policy instances_scope on instances;
create policy instances_scope on instances for select
    using ((select app_is_system()) or id in (select app_instances()));
create policy instances_change on instances using ((select app_is_system()));
create policy instances_manage on instances for update using (id in (select app_instances_as('manager')));

drop policy instance_sources_scope on instance_sources;
create policy instance_sources_scope on instance_sources for select
    using ((select app_is_system()) or instance_id in (select app_instances()));
create policy instance_sources_change on instance_sources using ((select app_is_system()));

drop policy executions_scope on executions;
create policy executions_scope on executions for select
    using ((select app_is_system()) or instance_id in (select app_instances()));
create policy executions_change on executions using ((select app_is_system()));
create policy executions_start on executions for insert
    with check (person_id = (select app_person()) and instance_id in (select app_instances_as('analyst')));
create policy executions_run on executions for update using (instance_id in (select app_instances_as('analyst')));

drop policy execution_events_scope on execution_events;
create policy execution_events_scope on execution_events for select
    using ((select app_is_system()) or execution_id in (select id from executions));
create policy execution_events_change on execution_events using ((select app_is_system()));
create policy execution_events_run on execution_events for insert with check (execution_id in
    (select id from executions where instance_id in (select app_instances_as('analyst'))));
