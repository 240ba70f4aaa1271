"""The study concludes in the background, so that a scrape reads what is there already."""


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
