-- PostgreSQL keeps large texts apart from their rows, so it doesn't need the index of migration 49.
drop index instance_sources_listed;
