-- Only the program searches for executions; who sees a query and runs on an instance keeps it there as a workflow.
alter table execution_searches enable row level security;
create policy execution_searches_scope on execution_searches for select
    using ((select app_is_system()) or instance_id in (select app_instances()));
create policy execution_searches_change on execution_searches using ((select app_is_system()));

alter table query_workflows enable row level security;
create policy query_workflows_scope on query_workflows for select
    using ((select app_is_system()) or instance_id in (select app_instances()));
create policy query_workflows_change on query_workflows
    using ((select app_is_system()) or instance_id in (select app_instances_as('analyst')));

alter table instance_workflows enable row level security;
create policy instance_workflows_scope on instance_workflows for select
    using ((select app_is_system()) or instance_id in (select app_instances()));
create policy instance_workflows_change on instance_workflows
    using ((select app_is_system()) or instance_id in (select app_instances_as('analyst')));
