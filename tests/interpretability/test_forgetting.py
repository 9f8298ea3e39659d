import functools
import math

import pytest
import torch
from torch import nn

from dcgan_course import latent, recorded
from dcgan_course.errors import InvalidValue
from dcgan_course.evaluation import masks
from dcgan_course.interpretability import blocks, controls, forgetting

SQUARE = 2  # the map of the hand-built generator that alone draws the red square


class Painter(nn.Module):
    """z (N, 3, 1, 1) → four maps (N, 4, 8, 8): a constant, ground beside the square, the square, half of the ground."""

    def forward(self, z):
        across, down = (((z[:, i, 0, 0].tanh() + 1) * 3).long().clamp(0, 5) for i in (0, 1))
        places = torch.arange(8)
        in_rows = (places >= down[:, None]) & (places < down[:, None] + 3)
        in_columns = (places >= across[:, None]) & (places < across[:, None] + 3)
        square = (in_rows[:, :, None] & in_columns[:, None, :]).float()
        ground = 1 - square
        return torch.stack([torch.full_like(square, 0.5), ground, square, ground * (places % 2)], dim=1)


class HandBuilt(nn.Module):
    """A generator of 16×16 colour pictures in which one map alone draws a red square of 3×3 places, 6×6 pixels."""

    image_shape, latent_dim = (3, 16, 16), 3

    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(Painter())
        self.to_picture = nn.ConvTranspose2d(4, 3, 2, 2, bias=False)
        weight = torch.zeros(4, 3, 2, 2)
        weight[0], weight[1], weight[3] = -1.0, -0.3, 0.2
        weight[SQUARE, 0] = 4.0
        self.to_picture.weight = nn.Parameter(weight)

    def forward(self, z):
        return self.to_picture(self.blocks(z[:, :, None, None])).tanh()


@pytest.fixture
def hand_built():
    generator = HandBuilt().eval()
    return generator, latent.sample(80, 3, seed=0)


class TestDropping:
    @pytest.mark.parametrize("block", [-1, -2])
    def test_dropping_a_map_is_a_network_whose_next_layer_does_not_look_at_it(self, small, block):
        generator, z = small
        drawn = forgetting.draw_without(generator, z, torch.tensor([0, 2]), block)
        next_layer = generator.to_picture if block == -1 else generator.blocks[-1][0]
        whole = generator(z)
        with torch.no_grad():
            next_layer.weight[[0, 2]] = 0
        torch.testing.assert_close(drawn, generator(z))
        assert not torch.allclose(drawn, whole)

    def test_dropping_none_changes_nothing(self, small):
        generator, z = small
        assert torch.equal(forgetting.draw_without(generator, z, torch.tensor([], dtype=torch.long)), generator(z))

    @pytest.mark.parametrize("training", [True, False])
    def test_the_generator_stays_as_it_was(self, small, training):
        generator, z = small
        generator.train(training)
        before = {name: tensor.clone() for name, tensor in generator.state_dict().items()}
        random_state = torch.get_rng_state()
        forgetting.draw_without(generator, z, torch.tensor([1]))
        forgetting.compare(generator, z, torch.tensor([1]), lambda x: x[:, 0] > -1, draws=2)
        assert all(module.training == training for module in generator.modules())
        assert all(torch.equal(before[name], tensor) for name, tensor in generator.state_dict().items())
        assert all(parameter.grad is None for parameter in generator.parameters())
        assert not any(module._forward_hooks for module in generator.modules())
        assert torch.equal(random_state, torch.get_rng_state())


def found(generator, z, **settings):
    maps = blocks.maps_of(generator, z)
    labels = forgetting.place_labels(masks.coloured(generator(z)), tuple(maps.shape[2:]))
    return forgetting.place_weights(maps, labels, **settings)


class TestLabelsOfPlaces:
    def test_a_place_is_on_the_thing_if_half_of_it_is(self):
        mask = torch.tensor([[[1, 1, 0, 0], [1, 1, 0, 1], [1, 0, 0, 0], [0, 1, 0, 0]]], dtype=torch.bool)
        assert forgetting.place_labels(mask, (2, 2)).tolist() == [[[True, False], [True, False]]]
        assert torch.equal(forgetting.place_labels(mask, (4, 4)), mask)

    def test_the_marks_of_the_hand_built_square_are_its_map(self, hand_built):
        generator, z = hand_built
        labels = forgetting.place_labels(masks.coloured(generator(z)), (8, 8))
        assert torch.equal(labels, blocks.maps_of(generator, z)[:, SQUARE] > 0)


class TestWeights:
    def test_the_map_that_draws_the_square_is_found_and_no_other(self, hand_built):
        weights = found(*hand_built)
        assert weights.positive().tolist() == [SQUARE]
        assert weights.accuracy == 1.0
        assert weights.weights.shape == (4,) and weights.weights[0] == 0  # the constant map

    def test_positive_maps_come_with_the_largest_weight_first(self):
        weights = forgetting.PlaceWeights(torch.tensor([0.5, -1.0, 2.0, 0.0, 1.0]), 1.0, 2, 2, None, None)
        assert weights.positive().tolist() == [2, 4, 0]

    def test_no_picture_is_both_fitted_on_and_asked_about(self, hand_built):
        weights = found(*hand_built, held_out=0.25)
        together = torch.cat([weights.fitted_pictures, weights.held_out_pictures])
        assert len(weights.held_out_pictures) == 20 and sorted(together.tolist()) == list(range(80))

    def test_what_is_held_out_changes_the_accuracy_and_not_the_weights(self, hand_built):
        generator, z = hand_built
        maps = blocks.maps_of(generator, z)
        labels = maps[:, SQUARE] > 0
        right = forgetting.place_weights(maps, labels)
        turned = labels.clone()
        turned[right.held_out_pictures] = ~labels[right.held_out_pictures]
        wrong = forgetting.place_weights(maps, turned)
        assert torch.equal(right.weights, wrong.weights)
        assert right.accuracy == 1.0 and wrong.accuracy == 0.0

    def test_marks_without_a_reason_are_guessed(self):
        random = torch.Generator().manual_seed(0)
        maps = torch.rand(60, 5, 8, 8, generator=random)
        weights = forgetting.place_weights(maps, torch.rand(60, 8, 8, generator=random) < 0.3)
        assert weights.accuracy == pytest.approx(0.5, abs=0.06)

    def test_half_of_the_places_are_on_the_thing_and_no_more_than_asked_for(self, hand_built):
        weights = found(*hand_built, most=50)
        assert weights.places == weights.held_out_places == 100
        assert found(*hand_built).places == 2 * 60 * 9  # 3 × 3 places in each of 60 pictures, and as many beside

    def test_negatives_may_be_named(self, hand_built):
        generator, z = hand_built
        maps = blocks.maps_of(generator, z)
        square, striped = maps[:, SQUARE] > 0, maps[:, 3] > 0
        against_all = forgetting.place_weights(maps, square)
        against_stripes = forgetting.place_weights(maps, square, negatives=striped)
        assert against_stripes.weights[3] < 2 * against_all.weights[3] < 0

    def test_the_seed_decides(self, hand_built):
        first, again, other = (found(*hand_built, seed=seed, most=20) for seed in (0, 0, 1))
        assert torch.equal(first.weights, again.weights) and not torch.equal(first.weights, other.weights)
        assert not torch.equal(first.held_out_pictures, other.held_out_pictures)

    def test_two_averages_find_the_square_too(self, hand_built):
        generator, z = hand_built
        maps = blocks.maps_of(generator, z)
        assert forgetting.busier_maps(maps, maps[:, SQUARE] > 0, 1).tolist() == [SQUARE]


class TestControls:
    def test_random_sets_hold_different_maps(self):
        sets = controls.random_maps(5, 12, draws=30, seed=3)
        assert sets.shape == (30, 5) and all(len(set(row)) == 5 for row in sets.tolist())
        assert set(sets.flatten().tolist()) == set(range(12))
        assert torch.equal(sets, controls.random_maps(5, 12, draws=30, seed=3))
        assert not torch.equal(sets, controls.random_maps(5, 12, draws=30, seed=4))

    def test_sets_without_the_chosen_maps(self):
        sets = controls.random_maps(3, 8, without=torch.tensor([1, 6]), draws=40, seed=0)
        assert set(sets.flatten().tolist()) == {0, 2, 3, 4, 5, 7}
        with pytest.raises(InvalidValue, match="only 2 maps can be drawn from"):
            controls.random_maps(3, 8, without=torch.arange(6))

    def test_equally_active_sets_lose_as_much_and_hold_no_chosen_map(self):
        activity = torch.rand(20, generator=torch.Generator().manual_seed(0))
        chosen = activity.argsort()[:12:2]  # weaker ones: as many at random lose more
        sets = controls.equally_active_maps(chosen, activity, draws=10)
        sums = torch.stack([activity[one].sum() for one in sets])
        random = activity[controls.random_maps(6, 20, draws=10)].sum(dim=1)
        wanted = activity[chosen].sum()
        assert (sums - wanted).abs().mean() < 0.1 * (random - wanted).abs().mean()
        assert not set(chosen.tolist()) & {number for one in sets for number in one.tolist()}
        assert all(len(set(one.tolist())) == len(one) for one in sets)

    def test_where_the_others_are_quiet_all_of_them_go(self):
        sets = controls.equally_active_maps(torch.tensor([0]), torch.tensor([9.0, 1.0, 1.0]), draws=2)
        assert [sorted(one.tolist()) for one in sets] == [[1, 2], [1, 2]]
        with pytest.raises(InvalidValue, match="every map was chosen"):
            controls.equally_active_maps(torch.tensor([0, 1]), torch.tensor([1.0, 1.0]))

    def test_a_control_that_may_hold_chosen_maps_hides_how_specific_they_are(self):
        """Two maps draw the thing, eight do nothing: the old control dropped some of the two by luck."""
        left = lambda sets: [1 - len({0, 1} & set(one.tolist())) / 2 for one in sets]
        chosen = torch.tensor([0, 1])
        free = controls.random_maps(2, 10, draws=200, seed=0)
        clean = controls.random_maps(2, 10, without=chosen, draws=200, seed=0)
        assert min(left(clean)) == 1.0 and sum(left(free)) / 200 < 0.9


class TestEffect:
    def test_each_number_by_hand(self):
        before = torch.full((3, 1, 8, 8), -1.0)
        before[:2, :, :4] = 1.0  # two pictures show 32 bright pixels, the third none
        after = before.clone()
        after[0] = -1.0  # gone
        after[1, :, 0] = -1.0  # 24 of 32 are left
        after[2] = -0.5  # the ground of the third becomes lighter: 64 of the 128 pixels beside the thing
        effect = forgetting.effect(before, after, lambda x: x[:, 0] > 0, rest=lambda x: x[:, 0] < -0.75)
        assert effect == forgetting.Effect(2, 0.5, 24 / 64, 64 / 128, 0.5 * 64 / 128)

    def test_without_a_rest_nothing_is_said_of_it(self):
        picture = torch.ones(1, 1, 8, 8)
        assert math.isnan(forgetting.effect(picture, picture, lambda x: x[:, 0] > 0).rest_left)

    def test_dropping_the_square_s_map_removes_it_and_any_other_does_not(self, hand_built):
        generator, z = hand_built
        for dropped in range(4):
            after = forgetting.draw_without(generator, z, torch.tensor([dropped]))
            effect = forgetting.effect(generator(z), after, masks.coloured)
            assert effect.shown_before == 80
            assert effect.shown == effect.thing_left == (0.0 if dropped == SQUARE else 1.0)

    def test_the_comparison_drops_what_it_says(self, hand_built):
        generator, z = hand_built
        settings = {"rest": lambda x: ~masks.coloured(x), "draws": 12, "seed": 1}
        result = forgetting.compare(generator, z, found(generator, z).positive(), masks.coloured, **settings)
        assert (result.dropped, result.of, result.chosen.shown) == (1, 4, 0.0)
        assert [effect.shown for effect in result.random] == 12 * [1.0]  # no control holds the chosen map
        assert [effect.shown for effect in result.equally_active] == 12 * [1.0]
        wrong = next(number for number in range(4) if number != SQUARE)
        other = forgetting.compare(generator, z, torch.tensor([wrong]), masks.coloured, **settings)
        assert {effect.shown for effect in other.random} == {0.0, 1.0} and other.chosen.shown == 1.0


def test_the_recorded_generator_forgets_magenta_and_keeps_the_rest():
    generator = recorded.load_run("objects_dcgan").generator
    magenta = functools.partial(masks.of_hue, hue=5 / 6)
    z, other_z = latent.sample(400, 100, seed=0), latent.sample(100, 100, seed=1)
    maps = blocks.maps_of(generator, z)
    weights = forgetting.place_weights(maps, forgetting.place_labels(magenta(generator(z)), (16, 16)))
    result = forgetting.compare(generator, other_z, weights.positive(), magenta, draws=10)
    assert weights.accuracy > 0.9 and result.dropped < result.of / 2
    assert result.chosen.shown < 0.1
    assert sum(effect.shown for effect in result.random) / 10 > 0.5


class TestRefusals:
    @pytest.mark.parametrize("number", [3, -1])
    def test_maps_that_are_not_there(self, small, number):
        with pytest.raises(InvalidValue, match=f"dropped holds {number}, but this block's maps are 0 to 2"):
            forgetting.draw_without(*small, torch.tensor([0, number]))

    def test_labels(self):
        with pytest.raises(InvalidValue, match=r"mask is \(2, 4, 4\) and places is \(8, 8\)"):
            forgetting.place_labels(torch.zeros(2, 4, 4, dtype=torch.bool), (8, 8))

    def test_weights(self):
        maps, marks = torch.rand(8, 3, 4, 4), torch.zeros(8, 4, 4, dtype=torch.bool)
        with pytest.raises(InvalidValue, match=r"on_thing is \(8, 2, 2\) and maps is \(8, 3, 4, 4\)"):
            forgetting.place_weights(maps, marks[:, :2, :2])
        with pytest.raises(InvalidValue, match=r"negatives is \(7, 4, 4\)"):
            forgetting.place_weights(maps, marks, negatives=marks[:7])
        with pytest.raises(InvalidValue, match="Of 6 pictures, 0 places are on the thing and 96 beside it"):
            forgetting.place_weights(maps, marks)
        with pytest.raises(InvalidValue, match="held_out is 1, but it must be a share"):
            forgetting.place_weights(maps, marks, held_out=1)
        with pytest.raises(InvalidValue, match="most is 0, but"):
            forgetting.place_weights(maps, marks, most=0)
        with pytest.raises(InvalidValue, match="on_thing marks 0 of 128 places"):
            forgetting.busier_maps(maps, marks, 1)

    def test_controls_and_effects(self, hand_built):
        generator, z = hand_built
        with pytest.raises(InvalidValue, match="count is 5, but only 4 maps"):
            controls.random_maps(5, 4)
        with pytest.raises(InvalidValue, match="draws is 0, but"):
            controls.random_maps(1, 4, draws=0)
        with pytest.raises(InvalidValue, match="chosen holds no map"):
            forgetting.compare(generator, z, torch.tensor([], dtype=torch.long), masks.coloured)
        with pytest.raises(InvalidValue, match="None of the 80 pictures shows the thing"):
            forgetting.compare(generator, z, torch.tensor([0]), functools.partial(masks.of_hue, hue=0.5))
        with pytest.raises(InvalidValue, match=r"before is \(80, 3, 16, 16\) and after is \(79,"):
            forgetting.effect(generator(z), generator(z)[1:], masks.coloured)
