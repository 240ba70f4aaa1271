"""The study concludes in the background, so that a scrape reads what is there already."""

import csv


async def test_a_scrape_reads_the_last_conclusion_and_an_operator_a_new_one(running):
    study = running.service.study
    at_first = study.latest_analyses()
    assert at_first["dot"].lookups == 0
    for seed in range(5):
        await running.image(f"/generate/dot?seed={seed}")
    assert study.latest_analyses() is at_first
    analyses = (await running.get("/cache/analytics")).json()["analytics"]
    assert analyses["dot"]["lookups"] == 5
    assert study.latest_analyses()["dot"].lookups == 5


async def test_it_concludes_by_itself_every_few_seconds(running, clock):
    study = running.service.study
    study.latest_analyses()
    await running.image("/generate/dot?seed=1")
    clock.advance(5)
    await running.until(lambda: study.latest_analyses()["dot"].lookups == 1)


async def test_a_trace_knows_the_cost_of_what_was_evicted_before_it_was_written(
    start, clock, monkeypatch, tmp_path
):
    path = tmp_path / "trace.csv"
    monkeypatch.setenv("CACHE_TRACE_PATH", str(path))
    monkeypatch.setenv("CACHE_SIZE_DOT", "1")
    running = await start()
    for seed in range(20):
        await running.image(f"/generate/dot?seed={seed}")
        clock.advance(0.01)
    await running.service.study.close()
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 20
    assert all(row["cost_ms"] and int(row["bytes"]) > 0 for row in rows)
