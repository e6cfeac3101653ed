-- Brands are seen by the people of their instance, and changed by its analysts and managers.
alter table brands enable row level security;
create policy brands_scope on brands for select
    using ((select app_is_system()) or instance_id in (select app_instances()));
create policy brands_change on brands
    using ((select app_is_system()) or instance_id in (select app_instances_as('analyst')));

alter table brand_items enable row level security;
create policy brand_items_scope on brand_items for select
    using ((select app_is_system()) or brand_id in (select id from brands));
create policy brand_items_change on brand_items using ((select app_is_system()) or brand_id in
    (select id from brands where instance_id in (select app_instances_as('analyst'))));
