-- The table `photos`. Base tables: photo_facts (Parquet), ledger_files, cameras (Arrow), gaps (one
-- row: burst_s, event_s).

create or replace temp table photos as
with one_path as (
    select * from ledger_files where missing = 0
    qualify row_number() over (partition by photo_id order by turn) = 1
),
timed as (
    select p.*, f.width, f.height, f.bytes, f.format, f.make, f.model, f.is_infrared,
        f.latitude, f.longitude,
        coalesce(f.exif_taken_at, p.name_taken_at, p.mtime) as clock_at,
        case when f.exif_taken_at is not null then 'exif'
            when p.name_taken_at is not null then 'filename'
            else 'file_mtime' end as taken_at_source
    from one_path p left join photo_facts f using (photo_id)
),
photo_rows as (
    select t.photo_id, t.path, t.root, t.path_bytes, t.camera,
        t.clock_at + to_microseconds(cast(coalesce(c.clock_offset_s, 0) * 1e6 as bigint)) as taken_at,
        t.taken_at_source, t.width, t.height, coalesce(t.bytes, t.size) as bytes, t.format, t.make,
        t.model, t.is_infrared,
        coalesce(c.latitude, t.latitude) as latitude, coalesce(c.longitude, t.longitude) as longitude
    from timed t
    left join cameras c on c.name = t.camera
        and (c."from" is null or t.clock_at >= c."from") and (c."to" is null or t.clock_at < c."to")
    qualify row_number() over (partition by t.photo_id order by c."from" desc nulls last) = 1
),
gapped as (
    select *, taken_at - lag(taken_at) over camera_order as gap from photo_rows
    window camera_order as (partition by camera order by taken_at, photo_id)
),
starts as (
    select g.*,
        case when gap is null or gap > to_microseconds(cast(burst_s * 1e6 as bigint))
            then photo_id end as burst_start,
        case when gap is null or gap > to_microseconds(cast(event_s * 1e6 as bigint))
            then photo_id end as event_start
    from gapped g, gaps
)
select photo_id, path, root, camera, taken_at, taken_at_source, width, height, bytes, make, model,
    is_infrared, latitude, longitude,
    'b' || last_value(burst_start ignore nulls) over camera_order as burst_id,
    'e' || last_value(event_start ignore nulls) over camera_order as event_id,
    format, path_bytes
from starts
window camera_order as (partition by camera order by taken_at, photo_id
    rows between unbounded preceding and current row);
