from recommend import Artist, recommend, score

ADA = Artist(1, "Ada", "Ceramics", "Oslo")


def test_same_city_and_discipline_scores_highest():
    both = score(ADA, Artist(2, "Bela", "Ceramics", "Oslo"))
    city = score(ADA, Artist(3, "Carmen", "Video", "Oslo"))
    craft = score(ADA, Artist(4, "Dana", "Ceramics", "Paris"))
    assert both.score > city.score > craft.score
    assert both.reason == "Also in Oslo, shares ceramics"


def test_nothing_in_common_is_no_recommendation():
    assert score(ADA, Artist(5, "Emre", "Video", "Paris", 9)) is None


def test_an_artist_is_never_recommended_to_themselves():
    assert recommend(ADA, [ADA]) == []


def test_activity_counts_up_to_five_points():
    calm = score(ADA, Artist(6, "Farah", "Video", "Oslo", 0))
    busy = score(ADA, Artist(7, "Goran", "Video", "Oslo", 40))
    assert busy.score - calm.score == 5
    assert busy.reason.endswith("very active")


def test_results_are_limited_and_in_a_stable_order():
    others = [Artist(number, "Hana", "Video", "Oslo") for number in range(20, 1, -1)]
    assert [item.artist_id for item in recommend(ADA, others, limit=3)] == [2, 3, 4]
