-- The tables of once.sql without the rows that it found to be superseded.
create or replace temp table superseded_detections as
select d.run_id, d.detection_id, s.shard from lake_detections_rows d
join superseded s on s.run_id = d.run_id and s.photo_id = d.photo_id
    and s.shard = parse_dirpath(d.shard_file);

create or replace view lake_outcomes as
select * exclude (shard_file) from lake_outcomes_rows o
anti join superseded s on s.run_id = o.run_id and s.photo_id = o.photo_id
    and s.shard = parse_dirpath(o.shard_file);

create or replace view lake_detections as
select * exclude (shard_file) from lake_detections_rows d
anti join superseded s on s.run_id = d.run_id and s.photo_id = d.photo_id
    and s.shard = parse_dirpath(d.shard_file);

create or replace view lake_embeddings as
select * exclude (shard_file) from lake_embeddings_rows e
anti join superseded_detections s on s.run_id = e.run_id and s.detection_id = e.detection_id
    and s.shard = parse_dirpath(e.shard_file);
