"""Single units: responses, windows, guided gradients against masks written out by hand, and nothing left behind."""

import numpy as np
import pytest
import torch
from torch.nn.functional import conv2d, conv_transpose2d, leaky_relu

from dcgan_course.data.pixels import scale
from dcgan_course.errors import InvalidValue
from dcgan_course.interpretability import units
from dcgan_course.interpretability.guided_backpropagation import guided_gradients
from dcgan_course.models import Generator, MLPDiscriminator
from tests.helpers.networks import lively_discriminator
from tests.helpers.pictures import random_pictures


@pytest.fixture
def discriminator():
    return lively_discriminator()


@pytest.fixture
def images():
    return random_pictures(12, (2, 16, 16))


def by_hand(discriminator, x, unit, guided_rule: bool):
    """The gradient of one unit of block 1, layer by layer, with masks instead of autograd."""
    (first, _), (second, norm, _) = discriminator.blocks
    step = {"stride": 2, "padding": 1}
    slope = 0.0 if guided_rule else 0.2
    before_1 = conv2d(x, first.weight, **step)
    factor = norm.weight / (norm.running_var + norm.eps).sqrt()
    before_2 = conv2d(leaky_relu(before_1, 0.2), second.weight, **step)
    before_2 = (before_2 - norm.running_mean[:, None, None]) * factor[:, None, None] + norm.bias[:, None, None]
    gradient = torch.zeros_like(before_2)
    for number, values in enumerate(leaky_relu(before_2, 0.2)[:, unit]):
        row, column = divmod(int(values.argmax()), values.shape[1])
        gradient[number, unit, row, column] = 1
    gradient = gradient * torch.where(before_2 > 0, 1.0, slope) * factor[:, None, None]
    gradient = conv_transpose2d(gradient, second.weight, **step)
    if guided_rule:
        gradient = torch.where(gradient > 0, gradient, 0.0)
    gradient = gradient * torch.where(before_1 > 0, 1.0, slope)
    return conv_transpose2d(gradient, first.weight, **step).detach()


class TestGradients:
    @pytest.mark.parametrize("rule", [True, False])
    def test_they_are_those_of_masks_written_out_by_hand(self, discriminator, images, rule):
        moved = []
        for unit in range(6):
            got = guided_gradients(discriminator, images, 1, unit, guided=rule)
            torch.testing.assert_close(got, by_hand(discriminator, scale(images), unit, rule))
            moved.append(bool(got.abs().max() > 0))
        assert sum(moved) >= 4  # a unit that is never positive has a guided gradient of zero

    def test_guided_and_plain_differ_and_the_first_layer_has_only_one_mask(self, discriminator, images):
        both = [guided_gradients(discriminator, images, 1, 2, guided=rule) for rule in (True, False)]
        assert not torch.allclose(*both)
        both = [guided_gradients(discriminator, images, 0, 2, guided=rule) for rule in (True, False)]
        torch.testing.assert_close(*both)  # at a positive maximum the one activation lets all through

    def test_where_everything_is_positive_guided_is_plain(self, discriminator, images):
        for module in discriminator.modules():
            if isinstance(module, torch.nn.Conv2d):
                module.weight.data.abs_()
            elif isinstance(module, torch.nn.BatchNorm2d):
                module.weight.data.abs_()
                module.running_mean.zero_()
                module.bias.data.abs_()
        pictures = scale(images).abs()
        both = [guided_gradients(discriminator, pictures, 1, 4, guided=rule) for rule in (True, False)]
        torch.testing.assert_close(*both)
        assert both[0].abs().max() > 0

    def test_a_unit_that_is_never_positive_has_a_guided_gradient_of_zero(self, discriminator, images):
        discriminator.blocks[1][1].bias.data.fill_(-100)
        assert units.unit_responses(discriminator, images, 1).values.max() < 0
        assert guided_gradients(discriminator, images, 1, 0).abs().max() == 0
        assert guided_gradients(discriminator, images, 1, 0, guided=False).abs().max() > 0

    def test_bytes_and_floats_give_the_same_and_the_pictures_are_not_changed(self, discriminator, images):
        floats = scale(images).requires_grad_()
        got = guided_gradients(discriminator, floats, 1, 1)
        torch.testing.assert_close(got, guided_gradients(discriminator, images, 1, 1))
        assert floats.grad is None and torch.equal(floats, scale(images)) and not got.requires_grad

    def test_they_are_computed_under_no_grad_too_and_each_picture_counts_alone(self, discriminator, images):
        together = guided_gradients(discriminator, images, 1, 1)
        with torch.no_grad():
            alone = guided_gradients(discriminator, images[3:4], 1, 1)
        torch.testing.assert_close(alone, together[3:4])


class TestNothingIsLeftBehind:
    @staticmethod
    def state(discriminator):
        hooks = [len(m._forward_hooks) + len(m._backward_hooks) for m in discriminator.modules()]
        modes = [module.training for module in discriminator.modules()]
        values = [value.clone() for value in discriminator.state_dict().values()]
        return hooks, modes, values

    @pytest.fixture
    def half_trained(self, discriminator):
        discriminator.train()
        discriminator.blocks[1][1].eval()  # not all parts need to be in one mode
        for parameter in discriminator.parameters():
            parameter.grad = torch.ones_like(parameter)
        return discriminator

    def same(self, discriminator, before):
        after = self.state(discriminator)
        assert after[:2] == before[:2]
        assert all(torch.equal(a, b) for a, b in zip(after[2], before[2], strict=True))
        assert all(torch.equal(p.grad, torch.ones_like(p)) for p in discriminator.parameters())

    def test_after_responses_and_gradients(self, half_trained, images):
        before = self.state(half_trained)
        responses = units.unit_responses(half_trained, images, 1)
        units.view_unit(half_trained, images, responses, 1, 0)
        self.same(half_trained, before)

    def test_after_an_interrupt_in_the_middle(self, half_trained, images, monkeypatch):
        def interrupted(*given):
            raise KeyboardInterrupt

        before = self.state(half_trained)
        monkeypatch.setattr(torch.autograd, "grad", interrupted)
        with pytest.raises(KeyboardInterrupt):
            guided_gradients(half_trained, images, 1, 0)
        self.same(half_trained, before)

    def test_the_random_twin_leaves_the_network_and_the_random_state_alone(self, half_trained, images):
        before, random_state = self.state(half_trained), torch.get_rng_state()
        units.random_twin(half_trained, images)
        self.same(half_trained, before)
        assert torch.equal(torch.get_rng_state(), random_state)


class TestResponses:
    def test_they_are_the_largest_number_of_each_map_and_its_place(self, discriminator, monkeypatch):
        monkeypatch.setattr(units, "BATCH", 5)
        images = random_pictures(12, (2, 16, 16))
        for layer in (0, 1):
            got = units.unit_responses(discriminator, images, layer)
            discriminator.eval()
            for number, picture in enumerate(scale(images)):
                maps = discriminator.blocks[: layer + 1](picture[None])[0].detach()
                for unit, one_map in enumerate(maps):
                    row, column = got.places[number, unit]
                    assert got.values[number, unit] == pytest.approx(float(one_map.max()), abs=1e-5)
                    assert float(one_map[row, column]) == pytest.approx(float(one_map.max()), abs=1e-5)
            assert got.values.shape == (12, maps.shape[0]) and not got.values.requires_grad

    def test_minus_one_is_the_last_block(self, discriminator, images):
        last, same = (units.unit_responses(discriminator, images, layer) for layer in (1, -1))
        assert torch.equal(last.values, same.values) and torch.equal(last.places, same.places)
        gradients = [guided_gradients(discriminator, images, layer, 3) for layer in (1, -1)]
        assert torch.equal(*gradients)
        assert units.unit_window(discriminator, 1, (1, 1)) == units.unit_window(discriminator, -1, (1, 1))

    def test_the_top_pictures_are_those_of_sorting_all(self, discriminator):
        images = random_pictures(40, (2, 16, 16))
        images[30] = images[7]  # equal pictures: the first one wins
        responses = units.unit_responses(discriminator, images, 1)
        for unit in range(6):
            values = responses.values[:, unit].tolist()
            want = sorted(range(40), key=lambda number: (-values[number], number))[:9]
            top = units.top_pictures(responses, unit)
            assert top.indices.tolist() == want
            assert top.values.tolist() == [values[number] for number in want]
            assert torch.equal(top.places, responses.places[want, unit])

    def test_fewer_pictures_than_nine_are_all_shown(self, discriminator):
        images = random_pictures(4, (2, 16, 16))
        view = units.view_unit(discriminator, images, units.unit_responses(discriminator, images, 0), 0, 1)
        assert len(view.pictures) == len(view.windows) == len(view.guided) == 4
        assert np.isnan(view.mean_of_others)

    def test_the_mean_of_the_others_leaves_the_top_pictures_out(self, discriminator, images):
        responses = units.unit_responses(discriminator, images, 1)
        view = units.view_unit(discriminator, images, responses, 1, 3)
        others = sorted(responses.values[:, 3].tolist())[:3]
        assert view.mean_of_others == pytest.approx(sum(others) / 3, abs=1e-5)
        torch.testing.assert_close(view.pictures, scale(images[view.top.indices]))


class TestWindows:
    @pytest.mark.parametrize("image_size", [16, (15, 24), 28])
    def test_the_gradient_is_zero_outside_the_window_and_fills_it(self, image_size):
        discriminator = lively_discriminator(image_size)
        images = random_pictures(20, discriminator.image_shape)
        height, width = discriminator.image_shape[1:]
        for layer in range(len(discriminator.blocks)):
            responses = units.unit_responses(discriminator, images, layer)
            plain = guided_gradients(discriminator, images, layer, 1, guided=False)
            marked = guided_gradients(discriminator, images, layer, 1)
            for number, place in enumerate(responses.places[:, 1].tolist()):
                top, left, bottom, right = units.unit_window(discriminator, layer, place)
                assert 0 <= top < bottom <= height and 0 <= left < right <= width
                outside = torch.ones(height, width, dtype=torch.bool)
                outside[top:bottom, left:right] = False
                assert (plain[number][:, outside] == 0).all() and (marked[number][:, outside] == 0).all()
                rows, columns = plain[number].abs().sum(dim=0).nonzero().T
                assert (rows.min(), rows.max() + 1) == (top, bottom)
                assert (columns.min(), columns.max() + 1) == (left, right)

    def test_windows_that_are_not_clipped_have_one_size(self, discriminator):
        assert [(layer.units, layer.window) for layer in units.unit_layers(discriminator)] == [
            (3, (4, 4)),
            (6, (10, 10)),
        ]
        for place in ((0, 0), (2, 3)):
            top, left, bottom, right = units.unit_window(discriminator, 1, place, clipped=False)
            assert (bottom - top, right - left) == (10, 10)
        assert units.unit_window(discriminator, 1, (0, 0)) == (0, 0, 7, 7)


class TestRandomTwin:
    def test_it_is_fresh_by_its_seed_and_its_batch_norms_know_the_pictures(self, discriminator, images):
        discriminator.blocks[1][1].num_batches_tracked.fill_(50)  # as after a training
        a, b, other = (units.random_twin(discriminator, images, seed) for seed in (0, 0, 1))
        for name, value in a.state_dict().items():
            assert torch.equal(value, b.state_dict()[name])
        assert not torch.equal(a.blocks[0][0].weight, other.blocks[0][0].weight)
        assert not torch.equal(a.blocks[0][0].weight, discriminator.blocks[0][0].weight)
        assert a.blocks[0][0].weight.std() == pytest.approx(0.02, rel=0.3) and not a.training
        norm = a.blocks[1][1]
        before = a.blocks[1][0](a.blocks[0](scale(images)))
        torch.testing.assert_close(norm.running_mean, before.mean(dim=(0, 2, 3)))
        torch.testing.assert_close(norm.running_var, before.var(dim=(0, 2, 3)))
        assert norm.momentum == 0.1


def test_colourfulness_counts_only_the_windows_of_the_top_pictures():
    discriminator = lively_discriminator(channels=3)
    images = random_pictures(30, (3, 16, 16))
    responses = units.unit_responses(discriminator, images, 0)
    got = units.top_window_colourfulness(discriminator, images, responses, 0, count=2)
    for unit in range(3):
        want = []
        for number in responses.values[:, unit].argsort(descending=True)[:2]:
            row, column = (2 * responses.places[number, unit] - 1).tolist()  # kernel 4, stride 2, padding 1
            part = images[number, :, max(row, 0) : row + 4, max(column, 0) : column + 4].numpy().astype(float)
            want.append((part.max(axis=0) - part.min(axis=0)).mean() / 255)
        assert float(got[unit]) == pytest.approx(sum(want) / 2, abs=1e-6)


class TestRefusals:
    @pytest.mark.parametrize("layer", [-3, 2, "1", None, 0.0])
    def test_a_layer_that_is_not_there(self, discriminator, images, layer):
        for call in (
            lambda: units.unit_responses(discriminator, images, layer),
            lambda: guided_gradients(discriminator, images, layer, 0),
            lambda: units.unit_window(discriminator, layer, (0, 0)),
        ):
            with pytest.raises(InvalidValue, match="has 2 blocks: take a whole number from −2 to 1; −1 is the last"):
                call()

    @pytest.mark.parametrize("unit", [-1, 6, 2.5, True])
    def test_a_unit_that_is_not_there(self, discriminator, images, unit):
        responses = units.unit_responses(discriminator, images, 1)
        with pytest.raises(InvalidValue, match="this layer has 6 units: take a whole number from 0 to 5"):
            units.top_pictures(responses, unit)
        with pytest.raises(InvalidValue, match="this layer has 6 units: take a whole number from 0 to 5"):
            guided_gradients(discriminator, images, 1, unit)

    @pytest.mark.parametrize("shape", [(2, 16, 16), (0, 2, 16, 16), (3, 1, 16, 16), (3, 2, 16, 17)])
    def test_pictures_of_another_shape(self, discriminator, shape):
        for call in (
            lambda: units.unit_responses(discriminator, torch.zeros(shape), 0),
            lambda: guided_gradients(discriminator, torch.zeros(shape), 0, 0),
            lambda: units.random_twin(discriminator, torch.zeros(shape)),
        ):
            with pytest.raises(InvalidValue, match=r"built for \(N, 2, 16, 16\) with N of 1 or more"):
                call()

    def test_a_network_without_blocks(self, images):
        with pytest.raises(InvalidValue, match="take a models.Discriminator"):
            units.unit_responses(MLPDiscriminator(), images, 0)
        with pytest.raises(InvalidValue, match="The discriminator is a Generator, but"):
            units.unit_layers(Generator(16))

    def test_a_count_below_one(self, discriminator, images):
        with pytest.raises(InvalidValue, match="count is 0"):
            units.top_pictures(units.unit_responses(discriminator, images, 0), 0, count=0)
